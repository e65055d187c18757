// Made by scripts/embed-page from web/; change it there.

// swift-format-ignore-file

extension PageFile {
    package static let all = [
PageFile("icon.svg", ###"""
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#2f6f62"/>
<g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">
<path d="M8 11h9M8 16h6M8 21h9"/><path d="M19 16h6M22 12.5l3.5 3.5-3.5 3.5"/>
</g>
</svg>

"""###),
PageFile("index.html", ###"""
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Offload</title>
<link rel="icon" href="/zen/icon.svg" type="image/svg+xml">
<link rel="manifest" href="/zen/manifest.webmanifest">
<link rel="stylesheet" href="/zen/style.css">
<link rel="modulepreload" href="/zen/scripts/elements.js">
<link rel="modulepreload" href="/zen/scripts/bridge.js">
<link rel="modulepreload" href="/zen/scripts/stream.js">
<link rel="modulepreload" href="/zen/scripts/state.js">
<link rel="modulepreload" href="/zen/scripts/shell.js">
<link rel="modulepreload" href="/zen/scripts/words.js">
<link rel="modulepreload" href="/zen/scripts/monitor.js">
<script type="module" src="/zen/scripts/start.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div id="page"></div>
<div id="notes" class="notes" role="status" aria-live="polite"></div>
<noscript><p class="noscript">This page needs JavaScript. The same can be done with the <code>offload</code> command.</p></noscript>
</body>
</html>

"""###),
PageFile("manifest.webmanifest", ###"""
{
  "name": "Offload",
  "short_name": "Offload",
  "start_url": "/zen",
  "display": "standalone",
  "background_color": "#f6f5f2",
  "theme_color": "#2f6f62",
  "icons": [{"src": "/zen/icon.svg", "sizes": "any", "type": "image/svg+xml"}]
}

"""###),
PageFile("scripts/backlog.js", ###"""
// Backlog: ideas to accept, reject or skip by key, button or swipe; add and edit.

import { h, icon } from './elements.js';
import { get, patch, post } from './bridge.js';
import { state, refresh, projectName } from './state.js';
import { act, ask, badge, deed, emptyState, field, heading, tell } from './shell.js';
import { many, plain, taskWord } from './words.js';
import { WindowedList } from './windowed.js';

const statuses = ['pending', 'accepted', 'rejected', 'skipped', 'implemented'];
const statusWord = { pending: 'New', accepted: 'Accepted', rejected: 'Rejected', skipped: 'Skipped', implemented: 'Done' };
let status = 'pending';
let filter = '';

const list = new WindowedList({
  label: 'Ideas', rowHeight: 92, keyOf: (idea) => idea.id,
  load: async (limit, offset) => {
    const answer = await get('ideas', { status, projectId: state.project, text: filter, limit, offset });
    return { items: answer.ideas, total: answer.total };
  },
  row: (idea) => ({
    class: 'card',
    onpointerdown: begin, onpointermove: move, onpointerup: (event) => end(event, idea), onpointercancel: drop, ondblclick: (event) => { if (!event.target.closest('button')) edit(idea); },
    content: [
      h('div', { class: 'card-text' },
        h('strong', { class: 'card-title', title: plain(idea.title) }, plain(idea.title)),
        h('p', { class: 'muted card-description' }, preview(idea.description) || 'No description'),
        h('p', { class: 'card-facts' }, h('span', { class: 'muted' }, plain(projectName(idea.projectId))), idea.priority !== 0 && h('span', { class: 'muted' }, `priority ${idea.priority}`),
          idea.check && h('code', { title: plain(idea.check) }, plain(idea.check)), idea.taskStatus && badge(idea.taskStatus, taskWord[idea.taskStatus]))),
      h('span', { class: 'actions' },
        idea.status !== 'accepted' && idea.status !== 'implemented' && deed(`accept-${idea.id}`, { label: 'Accept', symbol: 'check', tone: 'good', hint: `Accept ${plain(idea.title)}` }, () => decide(idea, 'accept')),
        idea.status !== 'rejected' && idea.status !== 'implemented' && deed(`reject-${idea.id}`, { symbol: 'close', hint: `Reject ${plain(idea.title)}`, isQuiet: true }, () => decide(idea, 'reject')),
        idea.status === 'pending' && deed(`skip-${idea.id}`, { symbol: 'skip', hint: `Skip ${plain(idea.title)}`, isQuiet: true }, () => decide(idea, 'skip')),
        h('button', { type: 'button', class: 'quiet icon-only', title: 'Edit', 'aria-label': `Edit ${plain(idea.title)}`, onclick: () => edit(idea) }, icon('edit'))),
    ],
  }),
  press: (event, idea) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const action = { a: 'accept', r: 'reject', s: 'skip' }[event.key];
    if (action) return act(`${action}-${idea.id}`, () => decide(idea, action)), true;
    if (event.key === 'e' || event.key === 'Enter') return edit(idea), true;
    return false;
  },
  empty: () => (filter || status !== 'pending'
    ? emptyState('Nothing here', filter ? 'No idea has this in its title.' : `No idea is ${statusWord[status].toLowerCase()}.`)
    : emptyState('The backlog is empty', state.projects.length ? 'Write down what an agent could do while you are away.' : 'Add a project first: offload project add FOLDER',
      state.projects.length > 0 && h('button', { type: 'button', class: 'primary', onclick: add }, icon('plus'), h('span', null, 'New idea')))),
});

export const backlog = {
  name: 'Backlog',
  draw() {
    list.soon();
    return h('section', { class: 'panel backlog', 'aria-label': 'Backlog' },
      heading('Backlog', h('span', { class: 'muted' }, list.total === null ? '' : many(list.total, 'idea')),
        h('button', { type: 'button', class: 'primary', onclick: add, disabled: state.projects.length === 0 }, icon('plus'), h('span', null, 'New idea'))),
      h('div', { class: 'tools' },
        h('div', { class: 'segments', role: 'group', 'aria-label': 'Which ideas' }, statuses.map((one) => h('button', {
          key: one, type: 'button', 'aria-pressed': status === one ? 'true' : 'false', onclick: () => { status = one; list.reset(); },
        }, statusWord[one]))),
        h('input', { type: 'search', placeholder: 'Filter by title', 'aria-label': 'Filter ideas by title', 'data-filter': true, value: filter, oninput: (event) => { filter = event.target.value.slice(0, 100); list.reset(); } })),
      h('div', { key: 'list', own: list.attach, class: 'card-list' }),
      h('p', { class: 'hint key-hint' }, 'On an idea: ', key('a'), ' accept ', key('r'), ' reject ', key('s'), ' skip ', key('e'), ' edit; on a phone, swipe right or left.'));
  },
  onShow: () => list.reload(),
  onEvent: ({ name }) => { if (/^idea_|task_(queued|started|completed|failed|cancelled)$|^connection_|^stream_/.test(name)) later(); },
  onProject: () => list.reset(),
  keys: { '/': 'Filter', n: 'New idea', a: 'Accept', r: 'Reject', s: 'Skip', e: 'Edit' },
  press: (event) => { if (event.key === 'n') { add(); return true; } return false; },
};

/** The beginning, as one line of prose. */
const preview = (text) => plain(text).split('```')[0].trim().slice(0, 240);

const key = (name) => h('kbd', null, name);

let timer = null;
function later() {
  timer ??= setTimeout(() => { timer = null; list.reload(); }, 300);
}

const done = { accept: 'Accepted', reject: 'Rejected', skip: 'Skipped' };

async function decide(idea, action) {
  await post(`ideas/${idea.id}/action`, { action });
  tell(`${done[action]}: ${plain(idea.title)}`);
  list.reload();
  await refresh('ideas');
}

const read = (form) => {
  // Forms give a line break as two characters.
  const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.replaceAll('\r\n', '\n')]));
  return {
    ...given, priority: Number(given.priority) || 0, accepted: undefined,
    expectedPaths: (given.expectedPaths ?? '').split('\n').map((path) => path.trim()).filter(Boolean),
    status: given.accepted ? 'accepted' : 'pending',
  };
};

const fields = (idea) => h('div', { class: 'fields' },
  field('Title', 'title', { required: true, maxlength: '300', value: idea?.title ?? '', autofocus: true }),
  field('What is to be done', 'description', { tag: 'textarea', rows: '6', value: idea?.description ?? '', hint: 'The agent works from this. Say where to look and how to know that it is done.' }),
  h('div', { class: 'field-row' },
    field('Check command', 'check', { value: idea?.check ?? '', placeholder: 'npm test', spellcheck: 'false' }),
    field('Priority', 'priority', { type: 'number', value: String(idea?.priority ?? 0), min: '-1000', max: '1000' })),
  field('Expected paths', 'expectedPaths', { tag: 'textarea', rows: '2', value: (idea?.expectedPaths ?? []).join('\n'), placeholder: 'src/greeting.js', spellcheck: 'false', hint: 'One in each line.' }));

async function add() {
  const project = state.project || state.projects[0]?.id;
  if (!project) return;
  await ask({
    title: 'New idea', action: 'Add', read,
    work: async (given) => {
      await post('ideas', { ...given, check: given.check || undefined });
      tell(`Added: ${plain(given.title)}`);
    },
    content: [
      h('label', { class: 'field' }, h('span', { class: 'field-label' }, 'Project'), h('select', { name: 'projectId' }, state.projects.map((one) => h('option', { value: one.id, selected: one.id === project }, plain(one.name))))),
      fields(null),
      h('label', { class: 'tick' }, h('input', { type: 'checkbox', name: 'accepted' }), h('span', null, 'Accept it right away')),
    ],
  });
  list.reload();
  await refresh('ideas');
}

async function edit(idea) {
  await ask({
    title: 'Edit idea', action: 'Save', read, content: fields(idea),
    // Only what was changed here: somebody else may have changed the rest meanwhile.
    work: (given) => {
      const before = { title: idea.title, description: idea.description, priority: idea.priority, check: idea.check ?? '', expectedPaths: idea.expectedPaths };
      const changes = Object.entries(before).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(given[name]));
      return patch(`ideas/${idea.id}`, Object.fromEntries(changes.map(([name]) => [name, given[name]])));
    },
  });
  list.reload();
}

// A swipe to the right accepts, one to the left rejects.
const enough = 90;
let swipe = null;

function begin(event) {
  if (event.pointerType !== 'touch' || event.target.closest('button')) return;
  swipe = { node: event.currentTarget, x: event.clientX, y: event.clientY, by: 0 };
}

function move(event) {
  if (!swipe || swipe.node !== event.currentTarget) return;
  swipe.by = event.clientX - swipe.x;
  if (Math.abs(event.clientY - swipe.y) > 40) return drop();
  swipe.node.style.setProperty('translate', `${swipe.by}px`);
  swipe.node.classList.toggle('is-accepting', swipe.by > enough);
  swipe.node.classList.toggle('is-rejecting', swipe.by < -enough);
}

function end(event, idea) {
  const by = swipe?.by ?? 0;
  drop();
  if (Math.abs(by) > enough) act(`swipe-${idea.id}`, () => decide(idea, by > 0 ? 'accept' : 'reject'));
}

function drop() {
  if (!swipe) return;
  swipe.node.style.setProperty('translate', 'none');
  swipe.node.classList.remove('is-accepting', 'is-rejecting');
  swipe = null;
}

"""###),
PageFile("scripts/bridge.js", ###"""
// The Bridge API. The page has a session of its own, never the device's key. The session's key lives as long as the tab: it is in no
// cookie, in no address, and no other site can ride on it.

const storage = 'offload-session';
let key = sessionStorage.getItem(storage);

/** What the device refused, in its own words. */
export class Refusal extends Error {
  constructor(status, kind, message) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

export const hasKey = () => key !== null;

export function keep(newKey) {
  key = newKey;
  if (key === null) sessionStorage.removeItem(storage); else sessionStorage.setItem(storage, key);
}

/** Swaps the secret of a link, or the device's key, for a session. */
export async function redeem(secret) {
  keep((await ask('POST', 'session', { secret })).key);
}

/** Opens a request; the answer may go on for as long as it likes. */
export function open(path, { signal, headers } = {}) {
  return fetch(`/api/bridge/${path}`, { headers: { 'X-Bridge-API-Key': key ?? '', ...headers }, signal, cache: 'no-store' });
}

export const get = (path, query) => ask('GET', path + tail(query));
export const post = (path, body = {}) => ask('POST', path, body);
export const patch = (path, body) => ask('PATCH', path, body);
export const remove = (path) => ask('DELETE', path);

function tail(query) {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? `?${new URLSearchParams(pairs).toString().replaceAll('+', '%20')}` : '';
}

async function ask(method, path, body) {
  const headers = { 'X-Bridge-API-Key': key ?? '' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(`/api/bridge/${path}`, { method, headers, body: body && JSON.stringify(body), cache: 'no-store' });
  } catch {
    throw new Refusal(0, 'offline', 'The device does not answer. Is it running? Start it with: offload serve');
  }
  return read(answer);
}

export async function read(answer) {
  if (answer.status === 204) return null;
  let content;
  try {
    content = await answer.json();
  } catch {
    throw new Refusal(answer.status, 'device', 'The device gave an answer that this page does not understand; reload it.');
  }
  if (!answer.ok) throw new Refusal(answer.status, content.error, content.message);
  return content;
}

"""###),
PageFile("scripts/diff.js", ###"""
// A patch as a person reads it: in one column or side by side. It was written by an agent, so it is text and nothing else. However
// long it is, it comes in parts, is shown some thousand lines at a time, and only what is in view becomes elements.

import { h, render } from './elements.js';
import { plain } from './words.js';

const pageLines = 3_000;
const pieceRows = 50;
const partSize = 256 * 1024;
const widthLimit = 2_000;
// As the style sheet has it; what was seen once is measured.
const rowHeight = 19.4;

/** Reads a unified patch part by part into pages of so many lines. */
class Reader {
  pages = [];
  lines = 0;
  hunk = null;
  rest = '';

  take(text) {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop();
    for (const line of lines) this.read(line.replace(/\r$/, ''));
  }

  end() {
    if (this.rest) this.read(this.rest);
    this.rest = '';
  }

  read(line) {
    if (line.startsWith('diff --git ')) {
      this.hunk = null;
      this.isHead = true;
    } else if (this.isHead && line.startsWith('@@')) {
      const [, before, after] = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line) ?? [];
      this.hunk = { before: Number(before), after: Number(after) };
      this.add({ head: line });
    } else if (this.hunk && /^[ +\-\\]/.test(line)) {
      const mark = line[0];
      const row = { mark, text: cut(line.slice(1)), before: null, after: null };
      if (mark === ' ' || mark === '-') row.before = this.hunk.before++;
      if (mark === ' ' || mark === '+') row.after = this.hunk.after++;
      this.add(row);
    } else if (this.isHead && !this.hunk && line && !/^(index |--- |\+\+\+ )/.test(line)) {
      this.add({ note: line });
    }
  }

  add(row) {
    let page = this.pages.at(-1);
    if (!page || page.lines >= pageLines) this.pages.push(page = { rows: [], lines: 0, width: 0 });
    page.rows.push(row);
    if (!row.mark) return;
    page.lines += 1;
    this.lines += 1;
    page.width = Math.max(page.width, row.text.length + 3 * (row.text.split('\t').length - 1));
  }
}

const cut = (text) => (text.length > widthLimit ? `${text.slice(0, widthLimit)} … ${text.length - widthLimit} more characters` : text);

/** The difference of one file. */
export class Diff {
  /**
   * @param {(limit: number, offset: number) => Promise<{patch: string, truncated: boolean, nextOffset?: number}>} ask
   * @param {() => void} changed called when there is more to show.
   */
  constructor(ask, changed) {
    this.ask = ask;
    this.changed = changed;
    this.reader = new Reader();
    this.next = 0;
    this.shown = 0;
    this.isSideBySide = false;
    this.more();
  }

  /** Shows some thousand lines more, and asks for as much as that takes. */
  async more() {
    if (this.isLoading) return;
    this.isLoading = true;
    this.problem = null;
    this.changed();
    const { reader } = this;
    const wanted = (this.shown + 1) * pageLines;
    try {
      // One line more than are shown, to know whether there is any.
      while (this.next !== null && reader.lines <= wanted) {
        const answer = await this.ask(partSize, this.next);
        reader.take(answer.patch);
        this.next = answer.nextOffset ?? null;
        this.isCut = answer.truncated && this.next === null;
        if (this.next === null) reader.end();
      }
      this.shown += 1;
    } catch (problem) {
      if (problem.status === undefined) console.error(problem);
      this.problem = problem.message;
    }
    this.isLoading = false;
    this.draw();
    this.changed();
  }

  /** How many lines there are beyond those that are shown, as far as is known. */
  get left() { return Math.max(0, this.reader.lines - this.shown * pageLines); }

  /** What the button for going on says; null when everything is shown. */
  get offer() {
    if (this.left === 0) return null;
    const number = this.next === null ? Math.min(pageLines, this.left) : pageLines;
    return `Show ${number.toLocaleString('en')} more ${number === 1 ? 'line' : 'lines'}`;
  }

  show(isSideBySide) {
    if (this.isSideBySide === isSideBySide) return;
    this.isSideBySide = isSideBySide;
    if (!this.node) return;
    render(this.node);
    this.attach(this.node);
  }

  attach = (node) => {
    this.observer?.disconnect();
    this.node = node;
    this.pieces = new Map();
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) this.pieces.get(entry.target)?.show(entry.isIntersecting, entry.boundingClientRect.height);
    }, { root: node, rootMargin: '800px' });
    this.draw();
  };

  draw() {
    if (!this.node) return;
    const pages = this.reader.pages.slice(0, this.shown);
    render(this.node, pages.map((page, number) => h('div', {
      key: String(number), class: `diff-page ${this.isSideBySide ? 'is-split' : ''}`,
      style: this.isSideBySide ? null : { 'min-width': `calc(${page.width + 1}ch + 122px)` }, own: this.fill(page),
    })));
  }

  /** What fills the element of a page; the same one each time, so that what is there stays. */
  fill(page) {
    const name = this.isSideBySide ? 'split' : 'unified';
    return page[name] ??= (node) => {
      const rows = name === 'split' ? pairs(page.rows) : page.rows;
      for (let at = 0; at < rows.length; at += pieceRows) {
        const piece = new Piece(rows.slice(at, at + pieceRows), name === 'split' ? side : unified);
        this.pieces.set(piece.node, piece);
        node.append(piece.node);
        this.observer.observe(piece.node);
      }
    };
  }
}

/** Some rows, which are elements while they are in view and room for them otherwise. */
class Piece {
  isSeen = false;

  constructor(rows, draw) {
    this.rows = rows;
    this.draw = draw;
    this.node = document.createElement('div');
    this.node.style.setProperty('height', `${rows.length * rowHeight}px`);
  }

  show(isSeen, height) {
    if (isSeen === this.isSeen) return;
    this.isSeen = isSeen;
    this.node.style.setProperty('height', isSeen ? 'auto' : `${height}px`);
    render(this.node, isSeen ? this.rows.map(this.draw) : []);
  }
}

const kind = { '+': 'is-added', '-': 'is-removed', ' ': '', '\\': 'is-note' };

/** A row that is no line; null for a line. */
function other(row) {
  if (row.head !== undefined) return h('div', { class: 'hunk-head' }, plain(row.head));
  return row.note === undefined ? null : h('p', { class: 'diff-note' }, plain(row.note));
}

const unified = (row) => other(row) ?? h('div', { class: `diff-line ${kind[row.mark]}` }, h('span', { class: 'number' }, row.before ?? ''), h('span', { class: 'number' }, row.after ?? ''),
  h('span', { class: 'sign' }, row.mark === '\\' ? '' : row.mark), h('span', { class: 'code-text' }, plain(row.text) || ' '));

/** Puts removed lines beside the added lines that stand in their place. */
function pairs(rows) {
  const made = [];
  let removed = [];
  let added = [];
  const settle = () => {
    for (let index = 0; index < Math.max(removed.length, added.length); index += 1) made.push({ left: removed[index], right: added[index] });
    removed = [];
    added = [];
  };
  for (const row of rows) {
    if (row.mark === '-') removed.push(row);
    else if (row.mark === '+') added.push(row);
    else if (row.mark !== '\\') {
      settle();
      made.push(row.mark ? { left: row, right: row } : row);
    }
  }
  settle();
  return made;
}

const cell = (row, number) => [h('span', { class: 'number' }, number ?? ''), h('span', { class: `code-text ${row ? kind[row.mark] : 'is-nothing'}` }, row ? plain(row.text) || ' ' : '')];
const side = (row) => other(row) ?? h('div', { class: 'diff-line' }, cell(row.left, row.left?.before), cell(row.right, row.right?.after));

"""###),
PageFile("scripts/elements.js", ###"""
// Descriptions of elements, and the one way in which they become elements. Text is only ever a text node or an attribute: there is
// no way from a string to markup here, and the page's policy refuses every other one.

const vector = new Set(['svg', 'path', 'rect', 'circle', 'g']);
const properties = new Set(['value', 'checked', 'indeterminate', 'disabled']);
const described = Symbol('description');

/**
 * Describes an element.
 * @param {string} tag
 * @param {object|null} given attributes; `onclick` and the like are functions, `style` is an object, `key` tells siblings apart,
 *   `own` is called once with the new element, which then looks after its own content.
 * @param children descriptions and texts; null and false are left out.
 */
export function h(tag, given, ...children) {
  const { key, own, ...attributes } = given ?? {};
  return { tag, key, own, attributes, children: tidy(children) };
}

/** Makes the content of an element what is described, and keeps every element that can be kept. */
export function render(parent, ...children) {
  place(parent, tidy(children));
}

function tidy(children) {
  return children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== true && child !== '')
    .map((child) => (typeof child === 'object' ? child : String(child)));
}

function place(parent, wanted) {
  const keys = new Set(wanted.map((item) => item.key).filter((key) => key !== undefined));
  const known = new Map();
  for (const node of [...parent.childNodes]) {
    const key = node[described]?.key;
    if (key === undefined) continue;
    // Gone first, so that what stays is not moved and keeps the focus.
    if (keys.has(key)) known.set(key, node); else node.remove();
  }
  let next = parent.firstChild;
  for (const item of wanted) {
    if (typeof item === 'string') {
      if (next?.nodeType === Node.TEXT_NODE) {
        if (next.data !== item) next.data = item;
        next = next.nextSibling;
      } else {
        parent.insertBefore(document.createTextNode(item), next);
      }
      continue;
    }
    const found = item.key === undefined ? next : known.get(item.key);
    const old = found?.[described];
    if (old && old.tag === item.tag && old.key === item.key && old.own === item.own) {
      if (found === next) next = next.nextSibling; else parent.insertBefore(found, next);
      update(found, old, item);
    } else {
      if (item.key !== undefined && found) {
        if (found === next) next = next.nextSibling;
        found.remove();
      }
      parent.insertBefore(make(item), next);
    }
  }
  while (next) {
    const after = next.nextSibling;
    next.remove();
    next = after;
  }
}

function make(item) {
  const node = vector.has(item.tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', item.tag) : document.createElement(item.tag);
  update(node, { attributes: {} }, item);
  item.own?.(node);
  return node;
}

function update(node, old, item) {
  if (old === item) return;
  node[described] = item;
  for (const name of Object.keys(old.attributes)) if (!(name in item.attributes)) set(node, name, null);
  for (const [name, value] of Object.entries(item.attributes)) {
    // Against what was described before; and what a person has typed since stays.
    if (old.attributes[name] === value) continue;
    if (name === 'value' && 'value' in old.attributes && node.value !== String(old.attributes.value ?? '') && node.tagName !== 'SELECT') continue;
    set(node, name, value);
  }
  if (!item.own) place(node, item.children);
}

function set(node, name, value) {
  if (name.startsWith('on')) node[name] = value;
  else if (name === 'style') for (const [key, one] of Object.entries(value ?? {})) node.style.setProperty(key, one);
  else if (properties.has(name)) node[name] = value ?? '';
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? '' : value);
}

const shapes = {
  play: 'M7 5l11 7-11 7z', pause: 'M8 5v14M16 5v14', stop: 'M6 6h12v12H6z', log: 'M5 7h14M5 12h14M5 17h9',
  retry: 'M19 12a7 7 0 1 1-2-4.9M19 4v4h-4', close: 'M6 6l12 12M18 6L6 18', check: 'M5 12.5l4.5 4.5L19 7',
  device: 'M4 6h16v10H4zM2 19h20', plus: 'M12 5v14M5 12h14', copy: 'M9 9h10v11H9zM5 15V4h10', edit: 'M4 20l1-4L16 5l3 3L8 19z',
  skip: 'M6 6l8 6-8 6zM18 6v12', refresh: 'M19 12a7 7 0 1 1-2-4.9M19 4v4h-4', send: 'M4 12h14M13 6l6 6-6 6',
  undo: 'M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2', bell: 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4', warn: 'M12 4l9 16H3zM12 10v4M12 17v.5',
};

export function icon(name) {
  return h('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, h('path', { d: shapes[name] }));
}

"""###),
PageFile("scripts/log.js", ###"""
// The log of an attempt, followed live: searched, paused, and gone through from one error to the next.

import { h, render, icon } from './elements.js';
import { open, read } from './bridge.js';
import { complain } from './shell.js';
import { takePlace } from './places.js';
import { plain } from './words.js';

const lineHeight = 19;
const lineLimit = 20_000;
const widthLimit = 2_000;
const gap = /^… \d+ bytes are not kept …$/;
const errors = /\b(error|errors|failed|failure|fatal|panic|exception|traceback)\b/i;
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;

let shown = null;

/** Shows the log of an attempt; an open one is closed first. */
export function showLog(task, title, attempt) {
  closeLog();
  shown = new LogPanel(task, title, attempt);
}

export function closeLog() {
  shown?.close();
  shown = null;
}

class LogPanel {
  constructor(task, title, attempt) {
    this.path = `tasks/${task}/log?follow=true${attempt ? `&attempt=${attempt}` : ''}`;
    this.title = title;
    this.startAnew();
    this.isFollowing = true;
    this.standing = 'Reading …';
    this.found = -1;
    this.before = document.activeElement;
    this.panel = document.createElement('aside');
    this.panel.className = 'log-panel';
    this.panel.setAttribute('aria-label', `Log of ${plain(title)}`);
    this.panel.onkeydown = (event) => { if (event.key !== 'Escape') return;
      event.stopPropagation();
      closeLog();
    };
    // Whoever comes back to it wants to see how it goes on.
    this.panel.onpointerdown = (event) => { if (!event.target.closest('button')) this.resume(); };
    addEventListener('focus', this.resume);
    document.addEventListener('visibilitychange', this.resume);
    document.body.append(this.panel);
    document.body.classList.add('has-log');
    this.draw();
    this.search.focus();
    this.follow();
  }

  startAnew() {
    this.lines = [];
    this.dropped = 0;
    /** Counted from the first line that there ever was. */
    this.firstError = null;
    this.rest = '';
    this.hasGap = false;
    /** In bytes. */
    this.offset = 0;
    this.decoder = new TextDecoder();
  }

  close() {
    this.control.abort();
    removeEventListener('focus', this.resume);
    document.removeEventListener('visibilitychange', this.resume);
    this.panel.remove();
    document.body.classList.remove('has-log');
    this.before?.focus?.();
  }

  async follow() {
    const turn = new AbortController();
    this.control = turn;
    this.isAway = false;
    this.standing = 'Reading …';
    // Where something is missing, bytes can't be counted by what has come.
    if (this.hasGap) this.startAnew();
    this.soon();
    const leave = await takePlace(() => this.stepBack(turn));
    try {
      turn.signal.throwIfAborted();
      const answer = await open(`${this.path}&offset=${this.offset}`, { signal: turn.signal });
      if (!answer.ok) await read(answer);
      const reader = answer.body.getReader();
      this.standing = 'Live';
      this.soon();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        this.offset += value.length;
        this.take(this.decoder.decode(value, { stream: true }));
      }
      if (this.rest) this.take('\n');
      this.standing = 'Ended';
    } catch (problem) {
      if (turn.signal.aborted) return;
      this.standing = 'Cut off';
      if (problem.status) complain(problem);
    } finally {
      leave();
    }
    this.draw();
  }

  /** Another log is followed in place of this one. */
  stepBack(turn) {
    if (turn.signal.aborted || this.control !== turn) return;
    turn.abort();
    this.isAway = true;
    this.standing = 'Paused: other logs are followed';
    this.soon();
  }

  resume = () => {
    if (this.isAway && !document.hidden) this.follow();
  };

  take(text) {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop().slice(0, widthLimit * 4);
    for (const line of lines) {
      if (gap.test(line)) this.hasGap = true;
      const clean = plain(line.replace(escapes, '').replace(/\r$/, ''));
      if (this.firstError === null && errors.test(clean)) this.firstError = this.lines.length + this.dropped;
      this.lines.push(clean.length > widthLimit ? `${clean.slice(0, widthLimit)} …` : clean);
    }
    if (this.lines.length > lineLimit) {
      const surplus = this.lines.length - lineLimit;
      this.lines.splice(0, surplus);
      this.dropped += surplus;
      this.found -= surplus;
      if (!this.isFollowing) this.text.scrollTop -= surplus * lineHeight;
      if (this.firstError !== null && this.firstError < this.dropped) {
        const next = this.lines.findIndex((line) => errors.test(line));
        this.firstError = next < 0 ? null : next + this.dropped;
      }
    }
    this.soon();
  }

  soon() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.draw();
    });
  }

  attach = (node) => {
    this.text = node;
    this.space = node.appendChild(document.createElement('div'));
    this.space.className = 'log-space';
    node.onscroll = () => {
      const isAtEnd = node.scrollTop + node.clientHeight >= node.scrollHeight - lineHeight;
      if (isAtEnd !== this.isFollowing && !this.isPaused) this.isFollowing = isAtEnd;
      this.soon();
    };
    new ResizeObserver(() => this.soon()).observe(node);
  };

  draw() {
    const wanted = this.wanted ?? '';
    const isStill = this.isPaused || this.isAway;
    render(this.panel,
      h('header', { class: 'log-head' },
        h('div', { class: 'log-title' }, h('strong', null, plain(this.title)), h('span', { class: 'muted' }, this.standing)),
        h('input', {
          own: this.attachSearch, type: 'search', placeholder: 'Search', 'aria-label': 'Search in the log',
        }),
        h('span', { class: 'muted hits', 'aria-live': 'polite' }, wanted && `${this.matches(wanted)} lines`),
        h('button', { type: 'button', class: 'quiet', disabled: this.firstError === null, onclick: () => this.go(this.firstError - this.dropped) }, icon('warn'), h('span', null, 'First error')),
        h('button', {
          type: 'button', class: 'quiet', 'aria-pressed': isStill ? 'true' : 'false', onclick: () => (this.isAway ? this.resume() : this.pause()),
        }, icon(isStill ? 'play' : 'pause'), h('span', null, isStill ? 'Follow' : 'Pause')),
        h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close the log', onclick: closeLog }, icon('close'))),
      h('div', { own: this.attach, class: 'log-text', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': 'Lines of the log' }));
    this.drawLines(wanted.toLowerCase());
  }

  attachSearch = (node) => {
    this.search = node;
    node.oninput = () => { this.wanted = node.value; this.found = -1; this.counted = null; this.draw(); };
    node.onkeydown = (event) => { if (event.key === 'Enter') this.next(event.shiftKey ? -1 : 1); };
  };

  matches(wanted) {
    if (this.counted?.of !== this.lines.length + this.dropped) {
      const lower = wanted.toLowerCase();
      this.counted = { of: this.lines.length + this.dropped, number: this.lines.filter((line) => line.toLowerCase().includes(lower)).length };
    }
    return this.counted.number;
  }

  next(step) {
    const wanted = (this.wanted ?? '').toLowerCase();
    if (!wanted) return;
    for (let tried = 0, at = this.found; tried < this.lines.length; tried += 1) {
      at = (at + step + this.lines.length) % this.lines.length;
      if (this.lines[at].toLowerCase().includes(wanted)) return this.go(at);
    }
  }

  go(index) {
    this.found = index;
    this.isFollowing = false;
    this.text.scrollTop = Math.max(0, index * lineHeight - this.text.clientHeight / 3);
    this.soon();
  }

  pause() {
    this.isPaused = !this.isPaused;
    this.isFollowing = !this.isPaused;
    this.draw();
  }

  drawLines(wanted) {
    const { lines, text } = this;
    this.space.style.setProperty('height', `${lines.length * lineHeight}px`);
    if (this.isFollowing && !this.isPaused) text.scrollTop = text.scrollHeight;
    const first = Math.max(0, Math.floor(text.scrollTop / lineHeight) - 10);
    const last = Math.min(lines.length - 1, Math.ceil((text.scrollTop + text.clientHeight) / lineHeight) + 10);
    const rows = [];
    for (let index = first; index <= last; index += 1) {
      const line = lines[index];
      const kind = line.startsWith('== ') ? 'is-head' : line.startsWith('[') ? 'is-deed' : errors.test(line) ? 'is-error' : '';
      const hit = wanted && line.toLowerCase().includes(wanted) ? 'is-hit' : '';
      rows.push(h('div', {
        key: String(index + this.dropped), class: `line ${kind} ${hit} ${index === this.found ? 'is-found' : ''}`, style: { top: `${index * lineHeight}px` },
      }, h('span', { class: 'number', 'aria-hidden': 'true' }, index + this.dropped + 1), line || ' '));
    }
    render(this.space, rows);
  }
}

"""###),
PageFile("scripts/monitor.js", ###"""
// Monitor: what runs where, what needs a person, what happened lately.

import { h, icon } from './elements.js';
import { post } from './bridge.js';
import { state, targets, sources, projectName, isShown, refresh } from './state.js';
import { ask, deed, emptyState, heading, badge, showLog } from './shell.js';
import { ago, many, plain, since, tokens, taskWord } from './words.js';

export const monitor = {
  name: 'Monitor',
  draw() {
    return h('div', { class: 'monitor' },
      h('div', { class: 'monitor-main' }, numbers(), here(), targets().map(elsewhere), sources().map(source)),
      h('div', { class: 'monitor-side' }, needs(), waiting(), news()));
  },
};

function numbers() {
  const counts = state.device?.tasks ?? {};
  return h('dl', { class: 'numbers' }, [
    ['Running', (counts.running ?? 0), 'running'], ['Waiting', (counts.pending ?? 0) + (counts.synced ?? 0), 'pending'],
    ['Done', counts.completed ?? 0, 'completed'], ['Failed', counts.failed ?? 0, 'failed'], ['To merge', state.resultTotals.ready, 'ready'],
  ].map(([word, number, tone]) => h('div', { class: `figure is-${tone}` }, h('dt', null, word), h('dd', null, number))));
}

function here() {
  const isAnyIdle = state.batches.some((batch) => batch.status === 'idle');
  const isAnyPaused = state.batches.some((batch) => batch.status === 'paused');
  const each = (action) => Promise.all(state.batches
    .filter((batch) => ({ start: 'idle', pause: 'running', resume: 'paused' })[action] === batch.status)
    .map((batch) => post(`batches/${batch.id}/control`, { action }))).then(() => refresh('batches'));
  return h('section', { class: 'panel', 'aria-label': 'This device' },
    heading([icon('device'), plain(state.device?.deviceName ?? 'This device'), h('span', { class: 'muted' }, 'this device')],
      h('div', { class: 'actions' },
        isAnyIdle && deed('start-all', { label: 'Start all', symbol: 'play', isQuiet: true }, () => each('start')),
        isAnyPaused && deed('resume-all', { label: 'Resume all', symbol: 'play', isQuiet: true }, () => each('resume')),
        state.batches.some((batch) => batch.status === 'running') && deed('pause-all', { label: 'Pause all', symbol: 'pause', isQuiet: true }, () => each('pause')))),
    h('ul', { class: 'slots' }, state.batches.map(lane)));
}

const laneWord = { idle: 'not started', running: 'takes work', paused: 'paused', stopping: 'stopping' };

function lane(batch) {
  const control = (action) => async () => {
    await post(`batches/${batch.id}/control`, { action });
    await refresh('batches', 'tasks');
  };
  const sure = async () => !batch.running || ask({
    title: `Stop ${batch.id}?`, text: `“${plain(batch.running.title)}” is cancelled, and what waits for this lane goes back to the backlog.`,
    action: 'Stop', tone: 'danger',
  });
  const number = batch.id.replace('batch', '');
  return h('li', { key: batch.id, class: `slot ${batch.running ? 'is-busy' : ''} is-lane-${batch.status}` },
    h('div', { class: 'slot-head' }, h('span', { class: 'slot-name' }, `Batch ${number}`),
      h('span', { class: 'muted' }, laneWord[batch.status] ?? batch.status),
      h('span', { class: 'actions' },
        batch.status === 'idle' && deed(`start-${batch.id}`, { symbol: 'play', hint: `Start batch ${number}`, isQuiet: true }, control('start')),
        batch.status === 'running' && deed(`pause-${batch.id}`, { symbol: 'pause', hint: `Pause batch ${number}`, isQuiet: true }, control('pause')),
        batch.status === 'paused' && deed(`resume-${batch.id}`, { symbol: 'play', hint: `Resume batch ${number}`, isQuiet: true }, control('resume')),
        batch.status !== 'idle' && deed(`stop-${batch.id}`, { symbol: 'stop', hint: `Stop batch ${number}`, isQuiet: true, first: sure }, control('stop')))),
    batch.running ? work({ ...batch.running, taskId: batch.running.id }) : h('p', { class: 'slot-free' }, batch.status === 'paused' ? 'Paused' : 'Free'));
}

function work(task) {
  const progress = state.progress.get(task.taskId);
  const action = progress?.action ?? task.action;
  return h('div', { class: 'work' },
    h('p', { class: 'work-title', title: plain(task.title) }, plain(task.title)),
    h('p', { class: 'work-action', title: plain(action ?? '') }, task.cancelling ? 'Ending its processes …' : plain(action || (task.status === 'running' ? 'At work' : 'Getting ready'))),
    h('div', { class: 'work-foot' },
      h('span', { class: 'work-time', 'data-since': task.updatedAt }, since(task.updatedAt)),
      task.agent && h('span', { class: 'work-agent', title: `Agent: ${plain(task.agent)}` }, plain(task.agent)),
      task.attempt > 1 && h('span', { class: 'muted' }, `attempt ${task.attempt}`),
      h('span', { class: 'muted' }, tokens(progress)),
      task.unreachable && badge('failed', 'Unreachable'),
      h('span', { class: 'actions' },
        h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': `Log of ${plain(task.title)}`, title: 'Log', onclick: () => showLog(task.taskId, task.title, task.attempt) }, icon('log')),
        task.unreachable && deed(`retry-${task.taskId}`, { symbol: 'retry', hint: 'Give it to another device now', isQuiet: true }, () => retry(task.taskId)),
        deed(`cancel-${task.taskId}`, { symbol: 'close', hint: `Cancel ${plain(task.title)}`, isQuiet: true, disabled: task.cancelling, first: () => sureToCancel(task) }, () => cancel(task)))));
}

export const sureToCancel = (task) => ask({
  title: 'Cancel this task?', text: `“${plain(task.title)}”: its agent and everything that it started are ended.`, action: 'Cancel the task', tone: 'danger',
});

async function cancel(task) {
  await post(`tasks/${task.taskId}/cancel`);
  await refresh('batches', 'tasks', 'remote');
}

async function retry(id) {
  await post(`tasks/${id}/retry`);
  await refresh('tasks', 'batches', 'remote');
}

function elsewhere(device) {
  const tasks = state.remote.active.filter((task) => task.devicePairId === device.devicePairId);
  const slots = Math.max(device.slots ?? 0, tasks.length);
  return h('section', { class: 'panel', key: device.devicePairId, 'aria-label': plain(device.deviceName) },
    heading([icon('device'), plain(device.deviceName), h('span', { class: 'muted' }, projectName(device.projectId))], presence(device)),
    slots === 0
      ? emptyState(device.connected ? 'Nothing runs there' : 'Not here at the moment', device.connected ? 'Offload ideas to it in the tab Offload.' : 'What it works on goes on there; it tells when it is back.')
      : h('ul', { class: 'slots' }, Array.from({ length: slots }, (_, index) => {
        const task = tasks[index];
        return h('li', { key: task?.taskId ?? `free-${index}`, class: `slot ${task ? 'is-busy' : ''}` },
          h('div', { class: 'slot-head' }, h('span', { class: 'slot-name' }, `Slot ${index + 1}`), task && h('span', { class: 'muted' }, taskWord[task.status])),
          task ? work(task) : h('p', { class: 'slot-free' }, 'Free'));
      })));
}

export const presence = (device) => h('span', { class: `presence ${device.connected ? 'is-here' : ''}` }, device.connected ? (device.paused ? 'Paused' : 'Connected') : 'Not connected');

function source(device) {
  return h('section', { class: 'panel', key: device.devicePairId },
    heading([icon('device'), plain(device.deviceName), h('span', { class: 'muted' }, `gives work for ${projectName(device.projectId)}`)], presence(device)),
    device.problem && h('p', { class: 'problem' }, plain(device.problem)));
}

function needs() {
  const items = [
    ...state.devices.filter((device) => device.status === 'active' && !device.connected && isShown(device.projectId)).map((device) => ({
      key: device.devicePairId, tone: 'failed', title: `${plain(device.deviceName)} is not connected`, text: device.problem ?? 'It will come back by itself when it can reach this device.',
    })),
    ...(state.devicesProblem ? [{ key: 'door', tone: 'failed', title: 'Other devices can’t reach this one', text: state.devicesProblem }] : []),
    ...state.results.filter((result) => result.state === 'conflict').map((result) => ({
      key: result.taskId, tone: 'conflict', title: plain(result.title), text: `Clashes in ${many(result.conflicts.length, 'file')}`, link: '#results',
    })),
    ...state.failed.tasks.map((task) => ({ key: task.id, tone: 'failed', title: plain(task.title), text: plain(task.error?.message ?? 'It failed'), task })),
  ].slice(0, 12);
  return h('section', { class: 'panel', 'aria-label': 'Needs you' }, heading('Needs you', items.length ? badge('failed', String(items.length)) : null),
    items.length === 0 ? emptyState('Nothing', 'Everything goes its way.') : h('ul', { class: 'list' }, items.map((item) => h('li', { key: item.key, class: `item is-${item.tone}` },
      h('div', { class: 'item-text' }, h('strong', null, item.title), h('p', { class: 'muted' }, item.text)),
      h('span', { class: 'actions' },
        item.task && h('button', { type: 'button', class: 'quiet icon-only', title: 'Log', 'aria-label': `Log of ${item.title}`, onclick: () => showLog(item.task.id, item.task.title, item.task.attempt) }, icon('log')),
        item.task && deed(`retry-${item.task.id}`, { symbol: 'retry', hint: `Retry ${item.title}`, isQuiet: true }, () => retry(item.task.id)),
        item.link && h('a', { class: 'button quiet', href: item.link }, 'Look'))))));
}

function waiting() {
  const { tasks, total } = state.waiting;
  if (total === 0) return null;
  return h('section', { class: 'panel', 'aria-label': 'Waiting' }, heading('Waiting', badge('pending', String(total))),
    h('ul', { class: 'list' }, tasks.map((task) => h('li', { key: task.id, class: 'item' },
      h('div', { class: 'item-text' }, h('strong', null, plain(task.title)), h('p', { class: 'muted' }, waitingFor(task))),
      deed(`cancel-${task.id}`, { symbol: 'close', hint: `Take ${plain(task.title)} out of the queue`, isQuiet: true }, () => post(`tasks/${task.id}/cancel`).then(() => refresh('tasks')))))),
    total > tasks.length && h('p', { class: 'muted more' }, `and ${total - tasks.length} more`));
}

const waitingFor = (task) => {
  if (task.batchId) return `for ${task.batchId.replace('batch', 'batch ')}`;
  if (task.devicePairId && task.device?.id !== state.device?.deviceId) return `for ${plain(task.device?.name ?? 'another device')}`;
  return task.device ? 'for a free batch' : 'for any free device';
};

const newsWord = {
  task_queued: ['pending', 'waits'], task_started: ['running', 'started here'], task_completed: ['completed', 'done here'], task_failed: ['failed', 'failed here'],
  task_cancelled: ['cancelled', 'was cancelled'], task_interrupted: ['failed', 'was interrupted'], offload_task_queued: ['pending', 'waits for a device'],
  offload_task_synced: ['synced', 'arrived'], offload_task_started: ['running', 'started'], offload_task_completed: ['completed', 'done'], offload_task_failed: ['failed', 'failed'],
  offload_task_cancelled: ['cancelled', 'was cancelled'], offload_task_interrupted: ['failed', 'was interrupted'], offload_result_ready: ['ready', 'can be merged'],
  offload_result_conflict: ['conflict', 'clashes'], offload_result_merged: ['merged', 'merged'], offload_result_discarded: ['cancelled', 'thrown away'],
  offload_result_refused: ['failed', 'was not taken over'], device_connected: ['completed', 'connected'], device_paused: ['cancelled', 'paused'], device_resumed: ['completed', 'resumed'], device_disconnected: ['failed', 'disconnected'],
  pairing_completed: ['completed', 'paired'], pairing_failed: ['failed', 'pairing failed'], pairing_expired: ['cancelled', 'pairing code expired'],
  idea_generated: ['pending', 'new idea'],
};

function news() {
  const items = state.news.filter((item) => item.name in newsWord && isShown(item.projectId)).slice(0, 30);
  return h('section', { class: 'panel', 'aria-label': 'Activity' }, heading('Activity'),
    items.length === 0 ? emptyState('Quiet', 'What happens from now on shows up here.') : h('ul', { class: 'list activity', tabindex: '0', 'aria-label': 'What happened lately' }, items.map((item) => {
      const [tone, word] = newsWord[item.name];
      const device = item.devicePairId && state.devices.find((known) => known.devicePairId === item.devicePairId);
      return h('li', { key: String(item.id), class: 'activity-item' }, h('span', { class: `dot is-${tone}`, 'aria-hidden': 'true' }),
        h('span', { class: 'activity-text' }, h('strong', null, plain(item.title ?? item.deviceName ?? '')), ` ${word}`, device && item.title && h('span', { class: 'muted' }, ` · ${plain(device.deviceName)}`)),
        h('time', { class: 'muted', datetime: item.time }, ago(item.time)));
    })));
}

"""###),
PageFile("scripts/offload.js", ###"""
// Offload: accepted ideas on the left, what other devices make of them on the right, pairing and devices below.

import { h, icon } from './elements.js';
import { get, post } from './bridge.js';
import { state, targets, refresh, isShown, projectName } from './state.js';
import { act, ask, badge, deed, emptyState, heading, tell, showLog } from './shell.js';
import { ago, many, plain, taskWord } from './words.js';
import { WindowedList } from './windowed.js';
import { pairing } from './pairing.js';
import { presence, sureToCancel } from './monitor.js';

const chosen = new Map();
let filter = '';
let device = '';
const dragged = 'application/x-offload-ideas';

const isBusy = (idea) => ['pending', 'synced', 'running'].includes(idea.taskStatus);

const ideas = new WindowedList({
  label: 'Accepted ideas', rowHeight: 46, isMultiple: true, keyOf: (idea) => idea.id,
  // What is being worked on by now can't be chosen any more.
  loaded: (items) => { for (const idea of items) if (isBusy(idea)) chosen.delete(idea.id); },
  load: async (limit, offset) => {
    const answer = await get('ideas', { status: 'accepted', projectId: state.project, text: filter, limit, offset });
    return { items: answer.ideas, total: answer.total };
  },
  row: (idea) => ({
    class: isBusy(idea) ? 'idea-row is-away' : 'idea-row', selected: chosen.has(idea.id), draggable: isBusy(idea) ? 'false' : 'true',
    onclick: () => toggle(idea), ondragstart: (event) => drag(event, idea),
    content: [
      h('span', { class: `box ${chosen.has(idea.id) ? 'is-checked' : ''}`, 'aria-hidden': 'true' }, chosen.has(idea.id) && icon('check')),
      h('span', { class: 'idea-title', title: plain(idea.title) }, plain(idea.title)),
      isBusy(idea) ? badge(idea.taskStatus, taskWord[idea.taskStatus]) : idea.taskStatus && badge(idea.taskStatus, `${taskWord[idea.taskStatus]} before`),
      idea.priority !== 0 && h('span', { class: 'muted', title: 'Priority' }, `P${idea.priority}`),
    ],
  }),
  press: (event, idea) => {
    if (event.key === ' ' || event.key === 'x') return toggle(idea), true;
    if (event.key === 'Enter' || event.key === 'o') return offloadChosen(), true;
    if (event.key === 'a' && (event.ctrlKey || event.metaKey)) return selectAll(), true;
    return false;
  },
  empty: () => (filter
    ? emptyState('No such idea', 'No accepted idea has this in its title.')
    : emptyState('No accepted ideas', 'Accept some in the backlog, and they wait here for a free machine.', h('a', { class: 'button', href: '#backlog' }, 'Open the backlog'))),
});

export const offload = {
  name: 'Offload',
  draw() {
    ideas.soon();
    const { counts } = state.remote;
    const there = targets();
    if (!there.some((one) => one.devicePairId === device)) device = '';
    return h('div', { class: 'offload' },
      connection(there, counts),
      h('section', { class: 'panel ideas-panel', 'aria-label': 'Offload ideas' },
        heading('Offload ideas', h('span', { class: 'muted' }, ideas.total === null ? '' : many(ideas.total, 'accepted idea'))),
        h('div', { class: 'tools' },
          h('input', { type: 'search', placeholder: 'Filter by title', 'aria-label': 'Filter ideas by title', 'data-filter': true, value: filter, oninput: search }),
          h('button', { type: 'button', class: 'quiet', onclick: () => act('select-all', selectAll), disabled: !ideas.total }, chosen.size ? 'Select none' : 'Select all')),
        h('div', { key: 'ideas', own: ideas.attach, class: 'idea-list' }),
        h('footer', { class: 'panel-foot' },
          h('label', { class: 'choice' }, h('span', { class: 'hidden' }, 'For which device'),
            h('select', { onchange: (event) => { device = event.target.value; }, 'aria-label': 'For which device' },
              h('option', { value: '', selected: device === '' }, 'Any free device'),
              there.map((one) => h('option', { key: one.devicePairId, value: one.devicePairId, selected: device === one.devicePairId }, plain(one.deviceName))))),
          deed('offload', { label: `Offload Selected (${chosen.size})`, symbol: 'send', tone: 'primary', disabled: chosen.size === 0 }, () => queue([...chosen.keys()], device)),
          deed('run-here', { label: 'Run here', symbol: 'play', disabled: chosen.size === 0 }, runHere))),
      h('section', { class: 'panel remote-panel', 'aria-label': 'Remote status' },
        heading('Remote status', deed('refresh', { label: 'Refresh Status', symbol: 'refresh', isQuiet: true }, () => refresh('remote', 'devices'))),
        state.remote.latest.length === 0
          ? emptyState('Nothing offloaded yet', there.length ? 'Tick some ideas and press Offload.' : 'Pair a device below, then tick some ideas.')
          : h('ul', { class: 'list remote-list' }, state.remote.latest.map(remote))),
      h('div', { class: 'pair-panels' }, pairing(), devices()));
  },
  onShow() {
    ideas.reload();
    refresh('remote');
  },
  onEvent: ({ name }) => { if (/^idea_|task_|^connection_|^stream_/.test(name) && !name.endsWith('progress')) later(); },
  onProject: () => { chosen.clear(); ideas.reset(); },
  keys: { '/': 'Filter', x: 'Tick or untick', o: 'Offload what is ticked' },
};

let timer = null;
function later() {
  timer ??= setTimeout(() => { timer = null; ideas.reload(); }, 400);
}

function connection(there, counts) {
  const here = there.filter((one) => one.connected);
  const names = here.map((one) => `“${plain(one.deviceName)}”`).join(', ');
  const standing = names ? `Connected to ${names}` : there.length ? `Waiting for ${there.map((one) => `“${plain(one.deviceName)}”`).join(', ')}` : 'No device is paired yet';
  return h('section', { class: 'panel connection', 'aria-label': 'Offload manager' },
    h('div', null, h('h2', null, 'Offload manager'), h('p', { class: `standing ${names ? 'is-here' : ''}` }, standing)),
    h('dl', { class: 'counts' }, [['Synced', counts.synced], ['Running', counts.running], ['Done', counts.completed], ['Failed', counts.failed], ['Waiting', counts.pending]]
      .map(([word, number]) => h('div', null, h('dt', null, word), h('dd', null, number ?? 0)))));
}

function remote(task) {
  const progress = state.progress.get(task.taskId);
  const line = task.status === 'running' ? plain(progress?.action ?? task.action ?? 'At work')
    : task.status === 'failed' ? plain(task.error?.message ?? '') : task.status === 'completed' ? plain(task.summary ?? '') : '';
  return h('li', { key: task.taskId, class: 'item' },
    badge(task.unreachable ? 'failed' : task.status, task.unreachable ? 'Unreachable' : task.cancelling ? 'Cancelling' : taskWord[task.status]),
    h('div', { class: 'item-text' }, h('strong', { title: plain(task.title) }, plain(task.title)),
      h('p', { class: 'muted', title: line }, [task.deviceName ? plain(task.deviceName) : 'Any device', line, ago(task.updatedAt)].filter(Boolean).join(' · '))),
    h('span', { class: 'actions' },
      h('button', { type: 'button', class: 'quiet icon-only', title: 'Log', 'aria-label': `Log of ${plain(task.title)}`, onclick: () => showLog(task.taskId, task.title, task.attempt) }, icon('log')),
      (['failed', 'cancelled'].includes(task.status) || task.unreachable) && deed(`retry-${task.taskId}`, { symbol: 'retry', hint: `Retry ${plain(task.title)}`, isQuiet: true }, () => post(`tasks/${task.taskId}/retry`).then(() => refresh('remote'))),
      ['pending', 'synced', 'running'].includes(task.status) && deed(`cancel-${task.taskId}`, { symbol: 'close', hint: `Cancel ${plain(task.title)}`, isQuiet: true, disabled: task.cancelling, first: () => sureToCancel(task) }, () => post(`tasks/${task.taskId}/cancel`).then(() => refresh('remote')))));
}

function search(event) {
  filter = event.target.value.slice(0, 100);
  ideas.reset();
}

function toggle(idea) {
  if (isBusy(idea)) return;
  if (chosen.has(idea.id)) chosen.delete(idea.id); else chosen.set(idea.id, idea);
  ideas.soon();
  refreshView();
}

let refreshView = () => {};
export const onChoice = (callback) => { refreshView = callback; };

async function selectAll() {
  if (chosen.size) {
    chosen.clear();
  } else {
    for (let offset = 0, total = 1; offset < total && offset < 5000; offset += 500) {
      const answer = await get('ideas', { status: 'accepted', projectId: state.project, text: filter, limit: 500, offset });
      for (const idea of answer.ideas) if (!isBusy(idea)) chosen.set(idea.id, idea);
      total = answer.total;
    }
  }
  ideas.soon();
  refreshView();
}

const offloadChosen = () => act('offload', () => queue([...chosen.keys()], device));

/** Queues ideas for a device, or for any; each that can't be is told with the reason. */
async function queue(ids, pair) {
  const { done: queued, refused } = await inParts(ids, async (part) => {
    const answer = await post('offload/queue', { ideaIds: part, devicePairId: pair || undefined });
    return { done: answer.requirements, refused: answer.refused };
  });
  if (queued.length) tell(`${many(queued.length, 'idea')} offloaded to ${pair ? plain(state.devices.find((one) => one.devicePairId === pair)?.deviceName) : 'whichever device is free first'}.`);
  if (refused.length) tell(`${many(refused.length, 'idea')} could not be offloaded: ${refused[0].message}`, { isProblem: true });
  ideas.reload();
  await refresh('remote', 'tasks');
}

/** Hands over many ideas a part at a time. What was refused as a whole is told with the rest, and what was taken is chosen no more. */
async function inParts(ids, hand) {
  const [done, refused] = [[], []];
  for (let at = 0; at < ids.length; at += 200) {
    const part = ids.slice(at, at + 200);
    try {
      const answer = await hand(part);
      done.push(...answer.done);
      refused.push(...answer.refused);
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      refused.push(...part.map((ideaId) => ({ ideaId, message: problem.message })));
    }
  }
  for (const one of done) chosen.delete(one.ideaId);
  return { done, refused };
}

async function runHere() {
  const { done, refused } = await inParts([...chosen.keys()], async (part) => {
    const answer = await post('batches/any/assign', { ideaIds: part });
    return { done: answer.assigned, refused: answer.refused };
  });
  for (const batch of state.batches) if (batch.status === 'idle') await post(`batches/${batch.id}/control`, { action: 'start' });
  if (done.length) tell(`${many(done.length, 'idea')} queued on this device.`);
  if (refused.length) tell(`${many(refused.length, 'idea')} could not be queued: ${refused[0].message}`, { isProblem: true });
  ideas.reload();
  await refresh('batches', 'tasks');
}

function drag(event, idea) {
  const ids = chosen.has(idea.id) ? [...chosen.keys()] : [idea.id];
  event.dataTransfer.setData(dragged, JSON.stringify(ids));
  event.dataTransfer.effectAllowed = 'copy';
}

function devices() {
  const known = state.devices.filter((one) => one.status !== 'disconnected' && isShown(one.projectId));
  return h('section', { class: 'panel', 'aria-label': 'Devices' }, heading('Devices'),
    state.devicesProblem && h('p', { class: 'problem' }, plain(state.devicesProblem)),
    known.length === 0
      ? emptyState('No device yet', 'Show a code on the one machine, type it on the other. That is all.')
      : h('ul', { class: 'list' }, known.map(deviceRow)));
}

const busyThere = (one) => state.remote.active.filter((task) => task.devicePairId === one.devicePairId).length;

function deviceRow(one) {
  const isTarget = one.role === 'target';
  const text = [
    isTarget ? 'takes work' : 'gives work', projectName(one.projectId),
    isTarget && one.slots ? `${many(one.slots, 'slot')}, ${busyThere(one)} at work` : '', isTarget && one.agents?.length ? one.agents.join(', ') : '',
    one.status === 'pending' ? 'half paired' : '', one.paused ? 'takes nothing new' : '', one.problem ? plain(one.problem) : '',
  ].filter(Boolean).join(' · ');
  const drop = isTarget && {
    ondragover: (event) => {
      if (!event.dataTransfer.types.includes(dragged)) return;
      event.preventDefault();
      event.currentTarget.classList.add('is-over');
    },
    ondragleave: (event) => event.currentTarget.classList.remove('is-over'),
    ondrop: (event) => {
      event.preventDefault();
      event.currentTarget.classList.remove('is-over');
      act('offload', () => queue(JSON.parse(event.dataTransfer.getData(dragged)), one.devicePairId));
    },
  };
  return h('li', { key: one.devicePairId, class: 'item device-item', ...drop },
    h('div', { class: 'item-text' }, h('strong', null, plain(one.deviceName), ' ', presence(one)), h('p', { class: 'muted', title: text }, text),
      isTarget && h('p', { class: 'hint drop-hint' }, 'Drag ideas here to offload them to this device.')),
    isTarget && deed(`pause-${one.devicePairId}`, { label: one.paused ? 'Resume' : 'Pause', isQuiet: true, hint: `${one.paused ? 'Resume' : 'Pause'} ${plain(one.deviceName)}` }, () => post(`offload/devices/${one.devicePairId}/control`, { action: one.paused ? 'resume' : 'pause' }).then(() => refresh('devices'))),
    deed(`disconnect-${one.devicePairId}`, { label: 'Disconnect', isQuiet: true, first: () => sureToDisconnect(one) }, () => disconnect(one)));
}

const sureToDisconnect = (one) => ask({
  title: `Disconnect ${plain(one.deviceName)}?`,
  text: one.role === 'target' ? 'Its key stops working at once. What it has not finished goes back to this device’s queue.' : 'Its tasks on this device are ended. It hands them out again.',
  action: 'Disconnect', tone: 'danger',
});

async function disconnect(one) {
  await post('offload/disconnect', { devicePairId: one.devicePairId });
  await refresh('devices', 'remote');
}

"""###),
PageFile("scripts/pairing.js", ###"""
// Pairing: the code that another device types, or the code of another device typed here.

import { h, icon } from './elements.js';
import { post, remove } from './bridge.js';
import { state, changed, refresh } from './state.js';
import { act, deed, field, heading, tell } from './shell.js';
import { plain } from './words.js';

let joined = null;
let typed = {};
let endsAt = 0;

export function pairing() {
  return h('section', { class: 'panel pairing', 'aria-label': 'Pairing' }, heading('Pairing'),
    joined ? words('Paired', joined.sourceDeviceName, joined.checkWords, () => { joined = null; changed(); }) : own(),
    !joined && h('p', { class: 'or' }, h('span', null, 'or')), !joined && partner());
}

function own() {
  const { pair } = state;
  if (pair.state === 'open') return code(pair);
  if (pair.state === 'taken') return words('Paired', pair.deviceName, pair.checkWords, null);
  const over = { burned: 'The code was tried too often and is gone.', expired: 'The code has expired.' }[pair.state];
  return h('div', { class: 'pair-own' },
    over && h('p', { class: 'problem' }, over),
    h('p', { class: 'muted' }, 'Show a code here and type it on the other machine: that one will take work from this one.'),
    deed('open-code', { label: 'Generate Pairing Code', tone: 'primary', disabled: state.projects.length === 0 }, openCode),
    state.projects.length === 0 && h('p', { class: 'hint' }, 'Add a project first: offload project add FOLDER'));
}

async function openCode() {
  const projectId = state.project || state.projects[0].id;
  const answer = await post('offload/pair', { projectId });
  state.pair = { state: 'open', projectId, guessesLeft: 3, ...answer };
  endsAt = Date.now() + answer.expiresInMs;
  changed();
}

function code(pair) {
  if (pair.expiresInMs && Math.abs(endsAt - Date.parse(pair.expiresAt)) > 5000) endsAt = Date.parse(pair.expiresAt);
  const project = state.projects.find((one) => one.id === pair.projectId);
  const left = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
  const command = `offload join ${pair.pairingCode}${pair.addresses?.length ? ` --source ${pair.addresses[0]}` : ''}`;
  return h('div', { class: 'pair-own' },
    h('p', { class: 'muted' }, 'Your code', project && ` for ${plain(project.name)}`),
    h('div', { class: 'code-line' },
      h('output', { class: 'code', 'aria-label': `Pairing code ${[...pair.pairingCode].join(' ')}` }, pair.pairingCode.slice(0, 3), ' ', pair.pairingCode.slice(3)),
      deed('copy', { label: 'Copy', symbol: 'copy', isQuiet: true }, () => copy(pair.pairingCode, 'The code')),
      pair.qrCode && drawing(pair.qrCode, command)),
    h('p', { class: 'pair-left', 'data-code-left': true }, `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`,
      pair.guessesLeft < 3 && ` · ${pair.guessesLeft} guesses left`),
    h('div', { class: 'command' }, h('code', null, command), deed('copy-command', { symbol: 'copy', hint: 'Copy the command', isQuiet: true }, () => copy(command, 'The command'))),
    pair.addresses?.length > 1 && h('p', { class: 'hint' }, `This device is also found at ${pair.addresses.slice(1, 4).join(', ')}`),
    deed('cancel-code', { label: 'Cancel', isQuiet: true }, async () => { await remove('offload/pair'); await refresh('pair'); }));
}

function drawing(rows, text) {
  const path = rows.flatMap((row, y) => [...row].map((dark, x) => (dark === '1' ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return h('svg', { class: 'qr', viewBox: `-3 -3 ${rows.length + 6} ${rows.length + 6}`, role: 'img', 'aria-label': `QR code of: ${text}` },
    h('rect', { x: '-3', y: '-3', width: String(rows.length + 6), height: String(rows.length + 6), class: 'qr-paper' }), h('path', { d: path, class: 'qr-ink' }));
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${what} is copied.`);
  } catch {
    tell(`The browser does not let this page copy: select it by hand, please. ${text}`, { isProblem: true });
  }
}

function words(title, name, checkWords, done) {
  return h('div', { class: 'pair-own' },
    h('p', { class: 'paired' }, icon('check'), `${title} with “${plain(name)}”`),
    checkWords?.length > 0 && [
      h('p', { class: 'muted' }, 'Both screens show the same two words. If they differ, somebody is in between: disconnect.'),
      h('output', { class: 'check-words' }, checkWords.join(' ')),
    ],
    done ? h('button', { type: 'button', onclick: done }, 'Done') : deed('open-code', { label: 'Pair another device', isQuiet: true, disabled: state.projects.length === 0 }, openCode));
}

function partner() {
  const known = state.projects.find((project) => project.id === state.project) ?? state.projects[0];
  const remembered = (name, other) => ({ value: typed[name] ?? other ?? '', oninput: (event) => { typed[name] = event.target.value; } });
  return h('form', { class: 'pair-partner', onsubmit: join },
    field('Enter partner code', 'pairingCode', { inputmode: 'numeric', autocomplete: 'off', placeholder: '847 291', required: true, pattern: '[0-9 \\-]{6,9}', title: 'Six digits', maxlength: '9', ...remembered('pairingCode') }),
    field('Its address', 'sourceUrl', { placeholder: '192.168.1.20:4748', required: true, autocomplete: 'off', spellcheck: 'false', hint: 'Stands beside the code on the other screen.', ...remembered('sourceUrl') }),
    field('Folder of the project here', 'targetProjectPath', { placeholder: '/home/you/project', required: true, autocomplete: 'off', spellcheck: 'false', ...remembered('targetProjectPath', known?.path) }),
    h('button', { type: 'submit', class: 'primary', 'aria-busy': busy ? 'true' : null, disabled: busy }, 'Connect'));
}

let busy = false;

function join(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const given = Object.fromEntries(new FormData(form));
  busy = true;
  changed();
  act('join', async () => {
    joined = await post('offload/accept', { ...given, deviceName: state.device?.deviceName });
    typed = {};
    form.reset();
    await refresh('devices', 'projects');
  }).finally(() => { busy = false; changed(); });
}

export const secondsLeft = () => Math.max(0, Math.round((endsAt - Date.now()) / 1000));

"""###),
PageFile("scripts/places.js", ###"""
// Which logs are followed. A browser opens six connections to one device for all its tabs together, and a followed log holds one for as
// long as it is open. So only the few logs that were looked at last are followed, in whichever tabs they are: each of them holds a lock,
// and one too many takes the lock of the oldest.

const limit = 3;
const prefix = 'offload-log ';
const digits = 16;

/**
 * Takes a place among the logs that are followed.
 * @param {() => void} lose called when another log has taken the place.
 * @returns {Promise<() => void>} gives the place back.
 */
export async function takePlace(lose) {
  const name = `${prefix}${String(Date.now()).padStart(digits, '0')} ${crypto.randomUUID()}`;
  const held = Promise.withResolvers();
  const over = Promise.withResolvers();
  navigator.locks.request(name, () => {
    held.resolve();
    return over.promise;
  }).catch(lose);
  await held.promise;
  const names = (await navigator.locks.query()).held.map((lock) => lock.name).filter((one) => one.startsWith(prefix)).sort();
  for (const oldest of names.slice(0, -limit)) navigator.locks.request(oldest, { steal: true }, () => {}).catch(() => {});
  return over.resolve;
}

"""###),
PageFile("scripts/results.js", ###"""
// Results: what came home, what it clashes with, and what becomes of it.

import { h, icon } from './elements.js';
import { get, post } from './bridge.js';
import { state, changed, refresh, projectName } from './state.js';
import { ask, badge, complain, deed, emptyState, field, heading, tell, showLog } from './shell.js';
import { ago, cost, many, plain, resultWord } from './words.js';
import { Diff } from './diff.js';

let open = null;
let detail = null;
let patch = null;
let file = null;
let files = 100;
let isSideBySide = innerWidth > 1500;
let isMatrix = false;
let shown = 'open';

const isOpen = (result) => !['merged', 'discarded'].includes(result.state);

export const results = {
  name: 'Results',
  draw() {
    const list = state.results.filter((result) => (shown === 'open' ? isOpen(result) : !isOpen(result)));
    const ready = state.results.filter((result) => result.state === 'ready' && result.needsConfirmation.length === 0)
      .sort((one, other) => one.createdAt.localeCompare(other.createdAt));
    return h('div', { class: `results ${open ? 'has-detail' : ''}` },
      h('section', { class: 'panel results-list', 'aria-label': 'Results' },
        heading('Results',
          h('div', { class: 'segments', role: 'group', 'aria-label': 'Which results' },
            segment('open', 'Open'), segment('closed', 'Closed'))),
        shown === 'open' && list.length > 0 && h('div', { class: 'tools' },
          h('button', { type: 'button', 'aria-pressed': isMatrix ? 'true' : 'false', onclick: () => { isMatrix = !isMatrix; changed(); } }, 'Conflict matrix'),
          deed('merge-all', { label: `Merge ready (${ready.length})`, tone: 'primary', disabled: ready.length === 0, first: () => sureToMergeAll(ready) }, () => mergeAll(ready))),
        list.length === 0
          ? (shown === 'open' ? emptyState('Nothing waits', 'When an agent has finished, its work shows up here as a branch that can be merged.') : emptyState('Nothing yet', 'What you merge or throw away is listed here.'))
          : isMatrix && shown === 'open' ? matrix(list) : h('ul', { class: 'list result-items' }, list.map(row)),
        state.resultTotals.all > state.results.length && h('p', { class: 'muted more' }, `The newest ${state.results.length} of ${state.resultTotals.all}; see the others with: offload results`)),
      open && detailPanel());
  },
  onShow() {
    refresh('results');
    if (open) load(open);
  },
  onEvent({ name, data }) {
    if (!open) return;
    if (/^connection_|^stream_/.test(name) || (name.startsWith('offload_result_') && data.payload.taskId === open)) load(open);
  },
  onProject: () => close(),
  keys: { Enter: 'Open', m: 'Merge', d: 'Throw away', b: 'Send back', u: 'Undo' },
  press(event) {
    const result = state.results.find((one) => one.taskId === open);
    if (!result) return false;
    const deedOf = { m: 'merge', d: 'discard', b: 'send-back', u: 'undo' }[event.key];
    if (event.key === 'Escape') { close(); return true; }
    if (!deedOf) return false;
    const button = document.querySelector(`[data-deed="${deedOf}"] button:not(:disabled)`);
    button?.click();
    return Boolean(button);
  },
};

const segment = (name, word) => h('button', { key: name, type: 'button', 'aria-pressed': shown === name ? 'true' : 'false', onclick: () => { shown = name; changed(); } }, word);

function row(result) {
  const where = result.deviceName ? plain(result.deviceName) : 'this device';
  return h('li', { key: result.taskId, class: `result-row ${result.taskId === open ? 'is-open' : ''}` },
    h('button', { type: 'button', class: 'result-button', 'aria-expanded': result.taskId === open ? 'true' : 'false', onclick: () => show(result.taskId) },
      badge(result.state, resultWord[result.state]),
      h('span', { class: 'item-text' }, h('strong', { title: plain(result.title) }, plain(result.title)),
        h('span', { class: 'muted' }, `${many(result.filesChanged, 'file')} `, h('ins', null, `+${result.insertions}`), ' ', h('del', null, `−${result.deletions}`), ` · ${where} · ${ago(result.updatedAt)}`))));
}

function matrix(list) {
  const number = new Map(list.map((result, index) => [result.taskId, index + 1]));
  const project = list.some((result) => result.conflicts.length);
  return h('div', { class: 'matrix-frame', tabindex: '0', role: 'region', 'aria-label': 'Which results clash' },
    h('table', { class: 'matrix' },
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Result'), h('th', { scope: 'col' }, 'Project'), list.map((result) => h('th', { key: result.taskId, scope: 'col', title: plain(result.title) }, number.get(result.taskId))))),
      h('tbody', null, list.map((result) => h('tr', { key: result.taskId },
        h('th', { scope: 'row' }, h('button', { type: 'button', class: 'link', title: plain(result.title), onclick: () => show(result.taskId) }, `${number.get(result.taskId)} ${plain(result.title)}`)),
        h('td', { class: result.conflicts.length ? 'is-clash' : '', title: result.conflicts.map((one) => `${plain(one.path)} (${one.kind})`).join('\n') }, result.conflicts.length ? result.conflicts.length : '·'),
        list.map((other) => {
          const clash = result.conflictsWith.includes(other.taskId);
          return h('td', { key: other.taskId, class: other.taskId === result.taskId ? 'is-self' : clash ? 'is-clash' : '', 'aria-label': clash ? `clashes with ${number.get(other.taskId)}` : null }, other.taskId === result.taskId ? '' : clash ? '×' : '·');
        }))))),
    h('p', { class: 'hint' }, project ? 'A number is how many files clash with what the project has now; × marks two results that change the same places.' : '× marks two results that change the same places: merge one, send the other back.'));
}

function show(id) {
  if (open === id) return close();
  open = id;
  detail = null;
  patch = null;
  file = null;
  files = 100;
  changed();
  load(id);
}

function close() {
  open = null;
  changed();
}

async function load(id) {
  try {
    const answer = await get(`offload/results/${id}`, { limit: files });
    if (open !== id) return;
    // Another attempt of the same task has another change.
    if (detail && (detail.result.attempt !== answer.result.attempt || detail.result.commit !== answer.result.commit)) patch = null;
    detail = answer;
    changed();
    if (patch === null) showPatch(answer.files.some((one) => one.path === file) ? file : answer.files[0]?.path ?? null);
  } catch (problem) {
    complain(problem);
    if (open === id && detail === null) close();
  }
}

function showPatch(path) {
  const id = open;
  file = path;
  patch = path === null ? null : new Diff((limit, offset) => get(`offload/results/${id}/diff`, { path, limit, offset }), changed);
  changed();
}

function detailPanel() {
  const listed = state.results.find((one) => one.taskId === open) ?? detail?.result;
  if (!listed) return null;
  // What is shown of it belongs together: a newer result in the list is shown when its changes are here.
  const result = detail && detail.result.attempt !== listed.attempt ? detail.result : listed;
  return h('section', { class: 'panel result-detail', key: open, 'aria-label': plain(result.title) },
    heading(plain(result.title), badge(result.state, resultWord[result.state]),
      h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close', onclick: close }, icon('close'))),
    h('p', { class: 'facts muted' }, [
      projectName(result.projectId), result.deviceName ? `done on ${plain(result.deviceName)}` : 'done on this device', result.branch && plain(result.branch), detail?.model && plain(detail.model),
      detail?.turns && many(detail.turns, 'turn'), cost(detail?.cost), result.merged?.commit && `merged as ${result.merged.commit.slice(0, 10)}`,
    ].filter(Boolean).join(' · ')),
    h('div', { class: 'result-actions' }, actions(result)),
    result.needsConfirmation.length > 0 && isOpen(result) && h('div', { class: 'callout is-warning' }, icon('warn'), h('div', null, h('strong', null, 'Look closely: these files can make programs run'), h('ul', null, result.needsConfirmation.slice(0, 20).map((path) => h('li', null, h('code', null, plain(path))))))),
    result.conflicts.length > 0 && h('div', { class: 'callout is-conflict' }, icon('warn'), h('div', null, h('strong', null, 'Clashes with what the project has now'), h('ul', null, result.conflicts.slice(0, 30).map((one) => h('li', null, h('code', null, plain(one.path)), h('span', { class: 'muted' }, ` ${one.kind}`)))),
      h('p', null, result.commit ? 'Send it back, and an agent does it again with both sides in front of it; or merge the branch by hand.' : 'Send it back, and an agent does it again on what the project has now; or merge it to get its version beside yours.'))),
    result.conflictsWith.length > 0 && h('p', { class: 'callout' }, icon('warn'), h('span', null, 'Changes the same places as ', result.conflictsWith.slice(0, 10).map((id, index) => [index > 0 && ', ', h('button', { type: 'button', class: 'link', onclick: () => show(id) }, plain(state.results.find((one) => one.taskId === id)?.title ?? id))]))),
    result.notes.map((note) => h('p', { class: 'callout' }, plain(note))),
    detail?.summary && h('div', { class: 'agent-words' }, h('h3', null, 'What the agent says'), h('p', { tabindex: '0', role: 'region', 'aria-label': 'What the agent says' }, plain(detail.summary))),
    detail === null ? h('p', { class: 'muted' }, 'Loading …') : changes(result));
}

function actions(result) {
  const { taskId: id, state: standing } = result;
  return [
    ['ready', 'conflict'].includes(standing) && h('span', { 'data-deed': 'merge' }, deed(`merge-${id}`, { label: 'Merge …', tone: 'primary', first: () => howToMerge(result) }, () => refresh('results'))),
    ['ready', 'conflict'].includes(standing) && h('span', { 'data-deed': 'send-back' }, deed(`back-${id}`, { label: 'Send back', symbol: 'retry', first: sureToSendBack }, () => sendBack(result))),
    ['ready', 'conflict', 'refused', 'uploading'].includes(standing) && h('span', { 'data-deed': 'discard' }, deed(`discard-${id}`, { label: 'Throw away', isQuiet: true, first: () => sureToDiscard(result) }, () => discard(result))),
    ['merged', 'discarded'].includes(standing) && h('span', { 'data-deed': 'undo' }, deed(`undo-${id}`, { label: standing === 'merged' ? 'Undo merge' : 'Bring back', symbol: 'undo' }, () => undo(result))),
    h('button', { type: 'button', class: 'quiet', onclick: () => showLog(id, result.title, result.attempt) }, icon('log'), h('span', null, 'Log and checks')),
  ];
}

function changes(result) {
  const { files: list, total } = detail;
  if (total === 0) return h('p', { class: 'muted' }, 'Nothing was changed.');
  const clashes = new Set(result.conflicts.map((one) => one.path));
  return h('div', { class: 'changes' },
    h('nav', { class: 'files', 'aria-label': 'Changed files' }, h('h3', null, many(total, 'file')),
      h('ul', null, list.map((one) => h('li', { key: one.path }, h('button', { type: 'button', class: one.path === file ? 'is-open' : '', 'aria-current': one.path === file ? 'true' : null, title: plain(one.path), onclick: () => showPatch(one.path) },
        h('span', { class: `change is-${one.change}`, title: one.change }, one.change[0].toUpperCase()), h('span', { class: 'path' }, plain(one.path)),
        clashes.has(one.path) && icon('warn'),
        one.insertions !== undefined && h('span', { class: 'muted' }, h('ins', null, `+${one.insertions}`), ' ', h('del', null, `−${one.deletions}`)))))),
      total > list.length && h('button', { type: 'button', class: 'quiet', onclick: () => { files = Math.min(500, files + 200); load(open); } }, `${total - list.length} more`)),
    h('div', { class: 'diff' },
      h('div', { class: 'diff-head' }, h('code', null, plain(file ?? '')),
        h('div', { class: 'segments', role: 'group', 'aria-label': 'How to show the difference' },
          h('button', { type: 'button', 'aria-pressed': isSideBySide ? 'false' : 'true', onclick: () => { isSideBySide = false; changed(); } }, 'Unified'),
          h('button', { type: 'button', 'aria-pressed': isSideBySide ? 'true' : 'false', onclick: () => { isSideBySide = true; changed(); } }, 'Side by side'))),
      patch && difference()));
}

function difference() {
  patch.show(isSideBySide);
  return [
    h('div', { class: 'diff-text', own: patch.attach, tabindex: '0', role: 'region', 'aria-label': `Difference of ${plain(file)}` }),
    patch.problem && h('p', { class: 'problem' }, plain(patch.problem)),
    patch.isLoading && !patch.offer && h('p', { class: 'muted diff-note' }, 'Loading …'),
    (patch.offer ?? (patch.problem && 'Try again')) && h('button', { key: 'more', type: 'button', class: 'quiet', 'aria-busy': patch.isLoading ? 'true' : null, onclick: () => patch.more() }, patch.offer ?? 'Try again'),
    patch.isCut && !patch.offer && h('p', { class: 'diff-note' }, 'What comes after this is too much for the page; see it with git.'),
  ];
}

function howToMerge(result) {
  const needed = result.needsConfirmation.length > 0;
  return ask({
    title: 'Merge this result?', action: 'Merge',
    text: !result.branch && !result.commit ? `Its files are taken into the folder of the project; what they replace is kept for undoing.${result.state === 'conflict' ? ' Files that clash stay as they are, and the result’s version is put beside each as NAME.offload-IDEA.' : ''}`
      : result.state === 'conflict' ? 'It clashes with what the project has now; git will refuse it unless that has changed.' : 'Into the branch that is checked out now. It can be undone while nothing is built on top of it.',
    content: h('div', { class: 'fields' },
      result.commit && field('Message', 'message', { tag: 'textarea', rows: '3', value: result.title }),
      result.commit && h('label', { class: 'tick' }, h('input', { type: 'radio', name: 'mode', value: 'merge', checked: true }), h('span', null, 'Merge commit')),
      result.commit && h('label', { class: 'tick' }, h('input', { type: 'radio', name: 'mode', value: 'squash' }), h('span', null, 'Squash into one commit')),
      needed && h('label', { class: 'tick is-warning' }, h('input', { type: 'checkbox', name: 'confirm', required: true }), h('span', null, `I have looked at ${result.needsConfirmation.slice(0, 3).map(plain).join(', ')}`))),
    read: (form) => Object.fromEntries(new FormData(form)),
    work: (given) => merge(result, given),
  });
}

/** Which result a person has looked at: another one may take its place meanwhile. */
const looked = (result) => ({ commit: result.commit, attempt: result.attempt });

async function merge(result, given) {
  try {
    await post(`offload/results/${result.taskId}/merge`, { mode: given.mode, message: given.message || undefined, confirm: Boolean(given.confirm), ...looked(result) });
    tell(`Merged: ${plain(result.title)}`);
  } catch (problem) {
    // There is nothing to mend in the question: what it was about is not there any more.
    if (problem.kind !== 'stale') throw problem;
    complain(problem);
    if (open === result.taskId) load(open);
  }
}

const sureToMergeAll = (ready) => ask({
  title: `Merge ${many(ready.length, 'result')}?`, text: 'Oldest first, each as a merge commit. What clashes on the way is left for you to send back.', action: 'Merge all',
});

/** Oldest first, and one after the other: each merge may make another result clash. */
async function mergeAll(ready) {
  let merged = 0;
  const refused = [];
  for (const result of ready) {
    try {
      await post(`offload/results/${result.taskId}/merge`, { mode: 'merge', ...looked(result) });
      merged += 1;
    } catch (problem) {
      refused.push(`${plain(result.title)}: ${problem.message}`);
    }
  }
  await refresh('results');
  if (merged) tell(`${many(merged, 'result')} merged.`);
  if (refused.length) tell(`${many(refused.length, 'result')} not merged. ${refused[0]}`, { isProblem: true });
}

const sureToSendBack = () => ask({
  title: 'Send it back?', text: 'The idea is done again on what the project has now, with both sides in front of the agent. This result is thrown away.', action: 'Send back',
});

async function sendBack(result) {
  await post(`offload/results/${result.taskId}/retry-with-conflict`);
  tell(`Sent back: ${plain(result.title)}`);
  await refresh('results', 'tasks', 'remote');
}

const sureToDiscard = (result) => ask({ title: 'Throw it away?', text: `“${plain(result.title)}” can be brought back for 30 days.`, action: 'Throw away', tone: 'danger' });

async function discard(result) {
  await post(`offload/results/${result.taskId}/discard`);
  await refresh('results');
}

async function undo(result) {
  await post(`offload/results/${result.taskId}/undo`);
  tell(result.state === 'merged' ? `Taken out again: ${plain(result.title)}` : `Brought back: ${plain(result.title)}`);
  await refresh('results');
}

"""###),
PageFile("scripts/shell.js", ###"""
// What every tab uses: notes, questions, buttons that say that something is under way.

import { h, render, icon } from './elements.js';
import { Refusal } from './bridge.js';

const notes = document.getElementById('notes');
const shown = [];

/** Says something in a corner for some seconds; problems stay until they are closed. */
export function tell(text, { isProblem = false } = {}) {
  const note = { key: String(Math.random()), text, isProblem };
  shown.push(note);
  while (shown.length > 4) shown.shift();
  drawNotes();
  if (!isProblem) setTimeout(() => close(note), 6000);
}

function close(note) {
  const index = shown.indexOf(note);
  if (index >= 0) shown.splice(index, 1);
  drawNotes();
}

function drawNotes() {
  render(notes, shown.map((note) => h('div', { key: note.key, class: note.isProblem ? 'note is-problem' : 'note', role: note.isProblem ? 'alert' : null },
    h('p', null, note.text),
    h('button', { class: 'quiet icon-only', type: 'button', 'aria-label': 'Close', onclick: () => close(note) }, icon('close')))));
}

/** Tells what went wrong in the words of the device. */
export function complain(problem) {
  if (problem instanceof Refusal) tell(sentence(problem.message), { isProblem: true });
  else {
    console.error(problem);
    tell('Something went wrong in this page. Reload it, please.', { isProblem: true });
  }
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const underWay = new Set();
let redraw = () => {};
export const onUnderWay = (callback) => { redraw = callback; };
export const isUnderWay = (name) => underWay.has(name);

/** Does something that takes a while: its button shows that at once, and a refusal is told. */
export async function act(name, work) {
  if (underWay.has(name)) return undefined;
  underWay.add(name);
  redraw();
  try {
    return await work();
  } catch (problem) {
    complain(problem);
    return undefined;
  } finally {
    underWay.delete(name);
    redraw();
  }
}

/**
 * A button for something that the device does.
 * @param {string} name tells one deed from another; the same deed is never done twice at once.
 * @param {() => Promise} [given.first] asks a person something; without an answer nothing is done.
 * @param {(answer) => Promise} work
 */
export function deed(name, given, work) {
  const { label, symbol, tone = '', isQuiet, key, hint, disabled, first } = given;
  const isBusy = isUnderWay(name);
  return h('button', {
    key: key ?? name, type: 'button', class: `${tone} ${isQuiet ? 'quiet' : ''} ${symbol && !label ? 'icon-only' : ''}`, 'aria-busy': isBusy ? 'true' : null,
    // Not disabled while it is under way: that would take the focus away.
    disabled: Boolean(disabled), 'aria-label': hint ?? null, title: hint ?? null,
    onclick: async (event) => {
      event.stopPropagation();
      if (isUnderWay(name)) return;
      const answer = first ? await first() : true;
      if (answer) act(name, () => work(answer));
    },
  }, symbol && icon(symbol), label && h('span', null, label));
}

/**
 * Asks something in a dialog that holds the focus and gives it back.
 * @param {(answer) => Promise} [given.work] what is done with the answer; the dialog stays, with what was typed, until that has worked.
 * @returns the answer: what `read` makes of the form, or null.
 */
export function ask({ title, text, content, action = 'OK', tone = 'primary', read = () => true, work }) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const dialog = document.createElement('dialog');
    dialog.setAttribute('aria-labelledby', 'dialog-title');
    let answer = null;
    let problem = null;
    let isBusy = false;
    const submit = async (event) => {
      event.preventDefault();
      if (isBusy) return;
      const given = read(event.target);
      [isBusy, problem] = [true, null];
      draw();
      try {
        await work?.(given);
        answer = given;
        dialog.close();
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) console.error(refusal);
        problem = refusal.message;
      }
      isBusy = false;
      draw();
    };
    const draw = () => render(dialog, h('form', { method: 'dialog', onsubmit: submit },
    h('h2', { id: 'dialog-title' }, title), text && h('p', null, text), content,
    problem && h('p', { class: 'problem', role: 'alert', key: 'problem' }, sentence(problem)),
    h('div', { class: 'dialog-actions', key: 'actions' },
      h('button', { type: 'button', onclick: () => dialog.close() }, action === null ? 'Close' : 'Cancel'),
      action !== null && h('button', { type: 'submit', class: tone, 'aria-busy': isBusy ? 'true' : null }, action))));
    draw();
    dialog.onclose = () => {
      dialog.remove();
      before?.focus?.();
      resolve(answer);
    };
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('[autofocus], input, textarea')?.focus();
  });
}

export function field(label, name, given = {}) {
  const { tag = 'input', hint, ...rest } = given;
  return h('label', { class: 'field' }, h('span', { class: 'field-label' }, label),
    h(tag, { name, ...rest }), hint && h('span', { class: 'hint' }, hint));
}

export const heading = (text, ...more) => h('header', { class: 'panel-head' }, h('h2', null, text), more);

export const emptyState = (title, text, ...more) => h('div', { class: 'empty' }, h('strong', null, title), h('p', null, text), more);

/** Shows the log of an attempt of a task. What that takes is loaded when it is first wanted. */
export async function showLog(task, title, attempt) {
  try {
    (await import('./log.js')).showLog(task, title, attempt);
  } catch (problem) {
    complain(problem);
  }
}

/** Closes the log that is shown. */
export async function closeLog() {
  (await import('./log.js')).closeLog();
}

export const isLogOpen = () => document.querySelector('.log-panel') !== null;

/** A state as a coloured word; the colour never says anything that the word does not. */
export const badge = (state, word) => h('span', { class: `badge is-${state}` }, word);

"""###),
PageFile("scripts/start.js", ###"""
// The page: signs in, draws the frame, and shows one of its tabs.

import { h, render, icon } from './elements.js';
import { hasKey, keep, redeem } from './bridge.js';
import { follow } from './stream.js';
import { state, take, listen, watch, changed, refresh, refreshAll, remember, onRefused } from './state.js';
import { ask, closeLog, complain, isLogOpen, onUnderWay, tell } from './shell.js';
import { plain } from './words.js';
import { monitor } from './monitor.js';

const page = document.getElementById('page');
/** Tabs that are not looked at need not be there yet. */
const tabs = {
  monitor: async () => monitor,
  offload: async () => {
    const { offload, onChoice } = await import('./offload.js');
    onChoice(changed);
    return offload;
  },
  backlog: async () => (await import('./backlog.js')).backlog,
  results: async () => (await import('./results.js')).results,
};
const names = { monitor: 'Monitor', offload: 'Offload', backlog: 'Backlog', results: 'Results' };
const ready = new Map([['monitor', monitor]]);
let current = 'monitor';

const isSecret = (text) => /^[0-9a-f]{64}$/.test(text);

async function begin() {
  // A link that is pasted into a tab of the page changes nothing but the fragment.
  addEventListener('hashchange', () => { if (isSecret(location.hash.slice(1))) location.reload(); });
  const secret = location.hash.slice(1);
  if (isSecret(secret)) {
    // Out of the address before anything else: it works once, and nobody is to see it.
    history.replaceState(null, '', location.pathname);
    try {
      await redeem(secret);
    } catch (problem) {
      if (!hasKey()) return signIn(problem.message);
    }
  }
  if (!hasKey()) {
    if (secret === signedOut) history.replaceState(null, '', location.pathname);
    return signIn(secret === signedOut && 'You are signed out: a session ends after seven days, or when the device gets another key.');
  }
  onRefused(leave);
  // Everything is asked for when the stream is open, so that nothing happens unheard in between; and when it does not open, too.
  follow(take, stand);
  // What is looked at first need not wait for the stream; it is asked for once more with the rest.
  refresh('batches', 'tasks');
  setTimeout(() => { if (!state.isLoaded) refreshAll(); }, 1_000);
  watch(draw);
  listen(hear);
  onUnderWay(changed);
  addEventListener('hashchange', () => go(location.hash.slice(1)));
  addEventListener('keydown', press);
  setInterval(tick, 1000);
  document.addEventListener('visibilitychange', changed);
  await go(location.hash.slice(1));
  draw();
}

const signedOut = 'signed-out';

/** The session is over. */
function leave() {
  keep(null);
  location.replace(`#${signedOut}`);
  location.reload();
}

function stand(standing, last) {
  const was = state.standing;
  state.standing = standing;
  if (standing === 'refused') leave();
  if (standing === 'live') remember(last);
  if (standing === 'live' && was !== 'live') refreshAll();
  changed();
}

function signIn(problem) {
  document.title = 'Sign in · Offload';
  const enter = async (event) => {
    event.preventDefault();
    const key = new FormData(event.target).get('key').trim();
    if (!/^[!-~]+$/.test(key)) return signIn('This is not the key of this device.');
    try {
      await redeem(key);
      location.reload();
    } catch (refusal) {
      signIn(refusal.status === 401 ? 'This is not the key of this device.' : refusal.message);
    }
  };
  render(page, h('main', { id: 'content', class: 'sign-in' },
    h('div', { class: 'sign-in-box' },
      h('h1', null, 'Offload'),
      problem && h('p', { class: 'problem', role: 'alert' }, problem),
      h('p', null, 'Open this page from a terminal on this machine; the link signs you in:'),
      h('pre', null, 'offload open'),
      h('form', { onsubmit: enter },
        h('label', { class: 'field' }, h('span', { class: 'field-label' }, 'Or paste the key that “offload token” prints'),
          h('input', { name: 'key', type: 'password', required: true, autocomplete: 'off' })),
        h('button', { type: 'submit', class: 'primary' }, 'Sign in')))));
}

async function go(name) {
  const wanted = Object.hasOwn(tabs, name) ? name : current;
  try {
    if (!ready.has(wanted)) ready.set(wanted, await tabs[wanted]());
  } catch {
    tell('This part of the page could not be loaded. Is the device running?', { isProblem: true });
    history.replaceState(null, '', `#${current}`);
    return;
  }
  // Somebody may have gone on meanwhile.
  const now = location.hash.slice(1);
  if (now !== name && Object.hasOwn(tabs, now)) return;
  const isNew = current !== wanted;
  current = wanted;
  state.wants = new Set([{ results: 'results', offload: 'remote' }[current]]);
  draw();
  if (isNew) {
    ready.get(current).onShow?.();
    document.getElementById('content')?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

const standingWord = { live: 'Live', connecting: 'Connecting', offline: 'Not connected to the device' };

function draw() {
  const tab = ready.get(current);
  const { ready: mergeable, conflict } = state.resultTotals;
  const marks = { backlog: state.ideaTotals.pending, results: mergeable + conflict, offload: 0, monitor: 0 };
  const needs = conflict + state.failed.total;
  document.title = `${needs ? `(${needs}) ` : ''}${names[current]} · ${plain(state.device?.deviceName ?? 'Offload')}`;
  render(page,
    h('header', { class: 'top' },
      h('div', { class: 'brand' }, h('span', { class: 'logo', 'aria-hidden': 'true' }), h('h1', null, 'Offload')),
      h('nav', { class: 'tabs', 'aria-label': 'Parts of the page' }, Object.keys(tabs).map((name) => h('a', {
        key: name, href: `#${name}`, 'aria-current': name === current ? 'page' : null,
      }, names[name], marks[name] > 0 && h('span', { class: 'mark' }, marks[name] > 999 ? '999+' : marks[name])))),
      h('div', { class: 'top-right' },
        state.projects.length > 1 && h('select', { class: 'project', 'aria-label': 'Project', onchange: choose },
          h('option', { value: '', selected: state.project === '' }, 'All projects'),
          state.projects.map((project) => h('option', { key: project.id, value: project.id, selected: project.id === state.project }, plain(project.name)))),
        h('span', { class: `connection-state is-${state.standing}`, role: 'status' }, standingWord[state.standing] ?? ''),
        'Notification' in window && Notification.permission === 'default' && h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Notify me when I am needed', title: 'Notify me when I am needed', onclick: notifications }, icon('bell')),
        h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Keys', title: 'Keys (?)', onclick: showKeys }, '?'))),
    state.isOutdated && h('p', { class: 'outdated', key: 'outdated' }, 'The device has a new version. ', h('button', { type: 'button', class: 'link', onclick: () => location.reload() }, 'Reload the page')),
    state.standing === 'offline' && h('p', { class: 'offline', role: 'alert', key: 'offline' }, 'The device does not answer. What you see is what was known last; the page goes on by itself when the device is back.'),
    h('main', { id: 'content', key: `tab-${current}`, tabindex: '-1', class: state.standing === 'offline' ? 'is-old' : '' },
      current === 'monitor' && state.isLoaded && state.projects.length === 0 ? welcome() : tab.draw()));
}

const welcome = () => h('section', { class: 'panel welcome' }, h('h2', null, 'Nothing to do yet'),
  h('p', null, 'Tell Offload about a project; then write down ideas, accept them, and it works them off.'),
  h('pre', null, 'cd your/project\noffload project add .'),
  h('p', { class: 'muted' }, 'The page notices by itself.'));

function choose(event) {
  state.project = event.target.value;
  for (const tab of ready.values()) tab.onProject?.();
  refreshAll();
}

/** Times go on; nothing else changes by itself. */
function tick() {
  if (!document.hidden) changed();
}

const everywhere = { 1: 'monitor', 2: 'offload', 3: 'backlog', 4: 'results' };

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.target.closest('input, textarea, select')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const tab = ready.get(current);
  if (event.key in everywhere) location.hash = everywhere[event.key];
  else if (event.key === '?') showKeys();
  else if (event.key === 'Escape' && isLogOpen()) closeLog();
  else if (event.key === '/' && document.querySelector('[data-filter]')) document.querySelector('[data-filter]').focus();
  else if (!tab.press?.(event)) return;
  event.preventDefault();
}

function showKeys() {
  const key = (name, what) => h('li', null, h('kbd', null, name), h('span', null, what));
  ask({
    title: 'Keys', action: null,
    content: h('ul', { class: 'keys' },
      Object.entries(everywhere).map(([name, tab]) => key(name, names[tab])), key('↑ ↓', 'Through a list'), key('Tab', 'To the next thing'), key('Esc', 'Close'), key('?', 'These keys'),
      Object.entries(ready.get(current).keys ?? {}).map(([name, what]) => key(name, what))),
  });
}

async function notifications() {
  const answer = await Notification.requestPermission();
  if (answer === 'granted') tell('You will be told when something needs you and this page is not in view.');
  changed();
}

const alarming = { task_failed: 'failed', offload_task_failed: 'failed', offload_result_conflict: 'clashes with the project', device_disconnected: 'is not connected any more', pairing_failed: 'Pairing failed' };

function hear(event) {
  ready.get(current)?.onEvent?.(event);
  if (document.hidden && event.name in alarming && 'Notification' in window && Notification.permission === 'granted') {
    const { title, deviceName } = event.data.payload;
    new Notification('Offload', { body: `${plain(title ?? deviceName ?? '')} ${alarming[event.name]}`, tag: event.data.payload.taskId ?? event.name });
  }
}

begin().catch(complain);

"""###),
PageFile("scripts/state.js", ###"""
// What the page knows of the device. Events say which part is out of date; that part is asked for again, never more than one request
// at a time and a few a second, however many events there are.

import { get } from './bridge.js';
import { recent } from './stream.js';

export const state = {
  standing: 'connecting',
  device: null,
  projects: [],
  project: '',
  batches: [],
  waiting: { tasks: [], total: 0 },
  failed: { tasks: [], total: 0 },
  remote: { latest: [], active: [], counts: {} },
  devices: [],
  devicesProblem: null,
  results: [],
  resultTotals: { all: 0, ready: 0, conflict: 0 },
  /** Lists that a tab which was looked at needs in full. */
  wants: new Set(),
  ideaTotals: {},
  pair: { state: 'none' },
  progress: new Map(),
  news: [],
  isLoaded: false,
  version: null,
  /** Whether the device has another version than the one that this page came from. */
  isOutdated: false,
};

const watchers = new Set();
const listeners = new Set();
let isDrawn = true;

/** Calls back before the next picture after something changed. */
export const watch = (callback) => watchers.add(callback);
/** Calls back with each event. */
export const listen = (callback) => listeners.add(callback);

export function changed() {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    for (const watcher of watchers) watcher();
  });
}

const narrowed = (query) => ({ ...query, projectId: state.project || undefined });

/** What is seen first is asked for first. */
const parts = {
  batches: async () => {
    state.batches = (await get('batches')).batches;
    forget();
  },
  tasks: async () => {
    const [waiting, failed] = await Promise.all([
      get('tasks', narrowed({ status: 'pending', limit: 8 })), get('tasks', narrowed({ status: 'failed', limit: 8 })),
    ]);
    state.waiting = waiting;
    state.failed = failed;
  },
  device: async () => { state.device = await get('status'); },
  projects: async () => {
    state.projects = (await get('projects')).projects;
    if (state.project && !state.projects.some((project) => project.id === state.project)) {
      state.project = '';
      startAnew();
    }
  },
  remote: async () => {
    const [latest, running, synced] = await Promise.all([
      get('offload/status', narrowed({ limit: state.wants.has('remote') ? 40 : 1 })), get('offload/status', { status: 'running', limit: 100 }),
      get('offload/status', { status: 'synced', limit: 100 }),
    ]);
    state.remote = { latest: latest.tasks, active: [...running.tasks, ...synced.tasks], counts: latest.counts };
    forget();
  },
  devices: async () => {
    const answer = await get('offload/devices');
    state.devices = answer.devices;
    state.devicesProblem = answer.problem ?? null;
  },
  results: async () => {
    const list = (limit, status) => get('offload/results', narrowed({ limit, state: status }));
    const isWhole = state.wants.has('results');
    const [all, ready, conflict] = await Promise.all([isWhole ? list(200) : null, list(1, 'ready'), list(10, 'conflict')]);
    state.results = all?.results ?? conflict.results;
    state.resultTotals = { all: all?.total ?? 0, ready: ready.total, conflict: conflict.total };
  },
  ideas: async () => {
    const statuses = ['pending', 'accepted'];
    const totals = await Promise.all(statuses.map((status) => get('ideas', narrowed({ status, limit: 1 }))));
    state.ideaTotals = Object.fromEntries(statuses.map((status, index) => [status, totals[index].total]));
  },
  pair: async () => {
    state.pair = await get('offload/pair');
  },
};

/** What is at work no more has no progress. */
function forget() {
  const running = new Set([...state.batches.map((batch) => batch.running?.id), ...state.remote.active.map((task) => task.taskId)]);
  for (const id of state.progress.keys()) if (!running.has(id)) state.progress.delete(id);
}

function startAnew() {
  for (const listener of listeners) listener({ id: null, name: 'stream_reset', data: { payload: {} } });
  refreshAll();
}

/** Between two requests for the same part; longer where nobody looks. */
const gap = () => (document.hidden ? 5_000 : 200);
const work = new Map();

/** Asks for parts anew. What is being asked for already is asked for once more afterwards, and that is waited for. */
export function refresh(...names) {
  return Promise.all(names.map((name) => {
    const known = work.get(name);
    if (!known) return start(name);
    known.next ??= Promise.withResolvers();
    return known.next.promise;
  }));
}

function start(name) {
  const entry = { next: null };
  work.set(name, entry);
  const once = async () => {
    try {
      await parts[name]();
    } catch (problem) {
      if (problem.status === 401) refused();
      // The stream says whether the device is there, and everything is asked for when it is back.
      else if (problem.status === undefined) console.error(problem);
    }
    changed();
  };
  const first = once();
  first.then(async () => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, gap()));
      const { next } = entry;
      if (!next) break;
      entry.next = null;
      await once();
      next.resolve();
    }
    work.delete(name);
  });
  return first;
}

let refused = () => {};
/** Calls back when the key turns out to be wrong. */
export const onRefused = (callback) => { refused = callback; };

let all = null;
/** Asks for everything anew, once however many want it at the same moment. */
export function refreshAll() {
  all ??= Promise.resolve().then(async () => {
    all = null;
    await refresh(...Object.keys(parts));
    state.isLoaded = true;
    changed();
  });
  return all;
}

const concerned = [
  [/^project_/, ['projects']],
  [/^idea_/, ['ideas']],
  [/^task_/, ['batches', 'tasks', 'device']],
  [/^batch_/, ['batches', 'tasks']],
  [/^offload_task_/, ['remote', 'tasks', 'device', 'devices']],
  [/^offload_result_/, ['results']],
  [/^device_/, ['devices', 'device']],
  [/^pairing_/, ['pair', 'devices']],
];

const newsLimit = 60;

let isRemembered = false;
const told = ({ id, name, data }) => ({ id, name, time: data.timestamp, ...data.payload, projectId: data.projectId });

/** Tells what happened before this page was opened, once. */
export async function remember(position) {
  if (isRemembered || !position) return;
  isRemembered = true;
  const before = (await recent(position, newsLimit)).map(told);
  const known = new Set(state.news.map((item) => item.id));
  state.news = [...state.news, ...before.filter((item) => !known.has(item.id))].slice(0, newsLimit);
  changed();
}

export function take(event) {
  const { name, data } = event;
  if (name === 'task_progress' || name === 'offload_task_progress') {
    state.progress.set(data.payload.taskId, data.payload);
  } else if (name === 'connection_established' || name === 'stream_reset') {
    refreshAll();
    remember(event.id);
    const { version } = data.payload;
    if (version && state.version && version !== state.version) state.isOutdated = true;
    state.version = version ?? state.version;
  } else {
    state.news = [told(event), ...state.news].slice(0, newsLimit);
    for (const [pattern, names] of concerned) if (pattern.test(name)) refresh(...names);
  }
  for (const listener of listeners) listener(event);
  changed();
}

export const projectName = (id) => state.projects.find((project) => project.id === id)?.name ?? '';
export const isShown = (projectId) => !state.project || !projectId || projectId === state.project;
/** Devices that take work from this one. */
export const targets = () => state.devices.filter((device) => device.role === 'target' && device.status === 'active' && isShown(device.projectId));
/** Devices that give work to this one. */
export const sources = () => state.devices.filter((device) => device.role === 'source' && device.status === 'active' && isShown(device.projectId));

"""###),
PageFile("scripts/stream.js", ###"""
// One stream of events per browser. Whichever tab holds the lock reads it and passes everything on; when that tab goes, another one
// takes over behind the last event that it heard of. So twenty tabs cost the device as much as one.

import { open, Refusal, read as readAnswer } from './bridge.js';

const silence = 45_000;
const longestPause = 8_000;

/**
 * @param {(event: {name: string, data: object}) => void} hear
 * @param {(standing: 'live'|'offline'|'refused', last: number|null) => void} stand called when the standing changes, with the
 *   position of the last event.
 */
export function follow(hear, stand) {
  const channel = new BroadcastChannel('offload-events');
  let last = null;
  let standing = 'connecting';
  let reading = null;
  let beaten = Date.now();
  let wake = () => {};

  const change = (next) => {
    standing = next;
    stand(next, last);
    // That a key is wrong is said of this tab alone: another one may have the right one.
    if (reading && next !== 'refused') channel.postMessage({ standing, last });
  };
  const take = (event) => {
    if (event.id !== null) last = event.id;
    try {
      hear(event);
    } catch (problem) {
      console.error(problem);
    }
  };
  channel.onmessage = ({ data }) => {
    if (reading) {
      if (!data.question) return;
      wake();
      channel.postMessage({ standing, last });
      return;
    }
    beaten = Date.now();
    if (data.standing) {
      last = data.last;
      if (data.standing !== standing) change(data.standing);
    }
    if (data.event) take(data.event);
  };

  const read = async (turn) => {
    let pause = 500;
    while (reading === turn) {
      try {
        await listen(last, (event) => {
          pause = 500;
          if (standing !== 'live') change('live');
          take(event);
          channel.postMessage({ event });
        }, turn.control = new AbortController(), () => channel.postMessage({ beat: true }));
      } catch (problem) {
        if (problem instanceof Refusal && problem.status === 401) return change('refused');
        if (!(problem instanceof Refusal || problem instanceof TypeError || problem.name === 'AbortError')) console.error(problem);
      }
      if (reading !== turn) return undefined;
      change('offline');
      await new Promise((resolve) => {
        wake = resolve;
        waking(pause * (0.75 + Math.random() / 2)).then(resolve);
      });
      pause = Math.min(pause * 2, longestPause);
    }
    return undefined;
  };
  const lead = (options) => {
    const turn = {};
    return navigator.locks.request('offload-events', options, () => {
      reading = turn;
      return read(turn);
    }).catch(() => {
      // Another tab took it: this one had been silent for too long.
      if (reading === turn) reading = null;
      turn.control?.abort();
      beaten = Date.now();
      lead({});
    });
  };
  lead({});
  channel.postMessage({ question: true });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && !reading) channel.postMessage({ question: true });
  });
  setInterval(() => {
    // A tab that reads and says nothing is asleep; somebody who looks at this one does not want to wait for it.
    if (reading || document.hidden || Date.now() - beaten < silence) return;
    beaten = Date.now();
    if (standing === 'live') change('offline');
    lead({ steal: true });
  }, 5_000);
}

/** Waits, but no longer than until somebody looks or the network is back. */
function waking(time) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      document.removeEventListener('visibilitychange', done);
      resolve();
    };
    const timer = setTimeout(done, time);
    addEventListener('online', done);
    document.addEventListener('visibilitychange', done);
  });
}

/** The last events before a position, newest first: what happened before this page was opened. */
export async function recent(position, number) {
  const first = Math.max(0, position - number);
  const found = [];
  if (first === position) return found;
  const control = new AbortController();
  // Whatever else happens: this is not worth a connection for long.
  const end = setTimeout(() => control.abort(), 5_000);
  await listen(first, (event) => {
    if (event.name === 'stream_reset') control.abort();
    if (event.id === null || event.name === 'connection_established' || event.name === 'stream_reset') return;
    found.unshift(event);
    if (event.id >= position) control.abort();
  }, control).catch(() => {});
  clearTimeout(end);
  return found;
}

async function listen(last, hear, control, beat = () => {}) {
  let watch = setTimeout(() => control.abort(), silence);
  try {
    const answer = await open('stream?projectId=*', {
      signal: control.signal, headers: last === null ? {} : { 'Last-Event-ID': String(last) },
    });
    if (!answer.ok) await readAnswer(answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => control.abort(), silence);
      beat();
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const event = understood(block);
        if (event) hear(event);
      }
    }
  } finally {
    clearTimeout(watch);
    control.abort();
  }
}

function understood(block) {
  const event = { id: null, name: null, data: null };
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) event.id = Number(line.slice(4));
    else if (line.startsWith('event: ')) event.name = line.slice(7);
    else if (line.startsWith('data: ')) event.data = JSON.parse(line.slice(6));
  }
  return event.data && event;
}

"""###),
PageFile("scripts/windowed.js", ###"""
// A list of which only what can be seen exists, however long it is. Rows are of one height; pages are asked for as they come into view.

import { h, render } from './elements.js';

const pageSize = 100;
const margin = 6;

export class WindowedList {
  /**
   * @param {object} given
   * @param {string} given.label what the list is, for those who hear it.
   * @param {number} given.rowHeight in CSS pixels.
   * @param {(limit: number, offset: number) => Promise<{items: object[], total: number}>} given.load
   * @param {(item: object) => string} given.keyOf
   * @param {(item: object, list: WindowedList) => {class?: string, selected?: boolean, content: any}} given.row
   * @param {() => any} given.empty what stands there when there is nothing.
   * @param {(event: KeyboardEvent, item: object) => boolean} [given.press] whether a key on a row meant something.
   * @param {object} [given.handlers] more attributes of each row, made from its item.
   */
  constructor(given) {
    this.given = given;
    this.pages = new Map();
    this.asked = new Set();
    this.total = null;
    this.current = 0;
    this.generation = 0;
    this.underWay = 0;
  }

  /** Gives the list its place in the page. */
  attach = (node) => {
    this.node = node;
    node.classList.add('windowed');
    // Rows with buttons in them can't be options.
    node.setAttribute('role', this.given.isMultiple ? 'listbox' : 'list');
    node.setAttribute('aria-label', this.given.label);
    if (this.given.isMultiple) node.setAttribute('aria-multiselectable', 'true');
    this.space = node.appendChild(document.createElement('div'));
    this.space.className = 'windowed-space';
    this.space.setAttribute('role', 'presentation');
    node.onscroll = () => this.soon();
    node.onkeydown = (event) => this.press(event);
    new ResizeObserver(() => this.soon()).observe(node);
    this.reload();
  };

  /** Asks again for what is in view; until it has come, what was there stays. */
  reload() {
    if (this.underWay > 0) {
      this.isWanted = true;
      return;
    }
    this.asked.clear();
    this.isStale = true;
    this.soon();
  }

  /** Begins anew: another filter, another list. */
  reset() {
    this.generation += 1;
    this.underWay = 0;
    this.pages.clear();
    this.total = null;
    this.problem = null;
    this.current = 0;
    if (this.node) this.node.scrollTop = 0;
    this.reload();
  }

  item(index) {
    return this.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  get selected() { return this.item(this.current); }

  soon() {
    if (this.isWaiting || !this.node) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.draw();
    });
  }

  async ask(page) {
    if (this.asked.has(page)) return;
    this.asked.add(page);
    const { generation } = this;
    this.underWay += 1;
    let answer = null;
    try {
      answer = await this.given.load(pageSize, page * pageSize);
      this.problem = null;
    } catch (problem) {
      if (problem.status === undefined) console.error(problem);
      this.problem = problem.message;
    }
    if (generation !== this.generation) return;
    this.underWay -= 1;
    if (answer) this.keep(page, answer);
    if (this.underWay === 0 && this.isWanted) {
      this.isWanted = false;
      this.reload();
    }
    this.soon();
  }

  keep(page, { items, total }) {
    if (this.isStale) {
      // What is out of view is asked for when it comes into view again.
      for (const known of [...this.pages.keys()]) if (!this.asked.has(known)) this.pages.delete(known);
      this.isStale = false;
    }
    this.pages.set(page, items);
    this.total = total;
    this.current = Math.min(this.current, Math.max(0, total - 1));
    this.given.loaded?.(items);
  }

  draw() {
    const { rowHeight, row, keyOf, empty } = this.given;
    const height = this.node.clientHeight || 400;
    const first = Math.max(0, Math.floor(this.node.scrollTop / rowHeight) - margin);
    const last = Math.min((this.total ?? pageSize) - 1, Math.ceil((this.node.scrollTop + height) / rowHeight) + margin);
    for (let page = Math.floor(first / pageSize); page <= Math.max(0, Math.floor(last / pageSize)); page += 1) this.ask(page);
    this.node.classList.toggle('is-empty', this.total === 0);
    this.space.style.setProperty('height', this.total ? `${this.total * rowHeight}px` : 'auto');
    if (this.total === null) return render(this.space, this.problem && h('p', { class: 'problem' }, this.problem));
    if (this.total === 0) return render(this.space, empty());
    const rows = [];
    const seen = Array.from({ length: last - first + 1 }, (_, step) => first + step);
    // The current row is there even out of view: the keyboard gets in through it.
    if (this.current < first) seen.unshift(this.current);
    if (this.current > last) seen.push(this.current);
    for (const index of seen) {
      const item = this.item(index);
      if (!item) continue;
      const { class: name, selected, content, ...rest } = row(item, this);
      rows.push(h('div', {
        ...rest, key: keyOf(item), role: this.given.isMultiple ? 'option' : 'listitem', class: `row ${name ?? ''}`, tabindex: index === this.current ? '0' : '-1',
        'aria-selected': this.given.isMultiple ? String(Boolean(selected)) : null, 'aria-posinset': String(index + 1), 'aria-setsize': String(this.total),
        style: { top: `${index * rowHeight}px`, height: `${rowHeight}px` },
        onfocus: () => { if (this.current !== index) { this.current = index; this.soon(); } },
      }, content));
    }
    const active = document.activeElement;
    const hadFocus = this.space.contains(active) || (this.wantsFocus && (active === document.body || this.node.contains(active)));
    render(this.space, rows);
    this.wantsFocus = false;
    if (hadFocus && !this.space.contains(document.activeElement)) this.focus();
  }

  /** Puts the focus on the current row, as soon as it is there. */
  focus() {
    const row = this.space.querySelector('.row[tabindex="0"]');
    this.wantsFocus = !row;
    row?.focus({ preventScroll: true });
  }

  press(event) {
    if (event.target.closest('input, textarea, select, button')) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };
    if (event.key in steps && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.go(this.current + steps[event.key]);
    } else if (this.selected && this.given.press?.(event, this.selected)) {
      event.preventDefault();
    }
  }

  go(index) {
    const { rowHeight } = this.given;
    this.current = Math.max(0, Math.min((this.total ?? 1) - 1, index));
    const top = this.current * rowHeight;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (top + rowHeight > this.node.scrollTop + this.node.clientHeight) this.node.scrollTop = top + rowHeight - this.node.clientHeight;
    this.draw();
    this.focus();
  }
}

"""###),
PageFile("scripts/words.js", ###"""
// Numbers and states as a person says them.

export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, '0')} min`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

export const since = (time) => duration(Date.now() - Date.parse(time));

export function ago(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
export const count = (number) => (number < 10_000 ? String(number) : compact.format(number));
export const many = (number, one, more = `${one}s`) => `${count(number)} ${number === 1 ? one : more}`;

export function cost(of) {
  if (!of || of.kind === 'unknown') return null;
  if (of.kind === 'money' && of.usd > 0) return `$${of.usd.toFixed(of.usd < 0.1 ? 3 : 2)}`;
  return tokens(of);
}

export function tokens(of) {
  const sum = (of?.inputTokens ?? 0) + (of?.outputTokens ?? 0);
  return sum ? `${compact.format(sum)} tokens` : null;
}

export const taskWord = {
  pending: 'Waiting', synced: 'Starting', running: 'Running', completed: 'Done', failed: 'Failed', cancelled: 'Cancelled',
};

export const resultWord = {
  uploading: 'On its way', refused: 'Not taken over', ready: 'Ready', conflict: 'Conflict', merging: 'Merging', merged: 'Merged',
  unmerging: 'Being undone', discarded: 'Thrown away',
};

// What joins or colours a picture may follow one; everywhere else it hides something.
const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]|(?<!\p{Extended_Pictographic}\ufe0f?)[\u200d\ufe0f]|(?![\u200d\ufe0f])[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** What somebody else wrote, without what can't be seen or turns text around. */
export const plain = (text) => String(text ?? '').replace(invisible, '\ufffd');

"""###),
PageFile("style.css", ###"""
/* Calm: paper, ink, one green. Everything that moves has a reason, and stops for those who want no motion. */

:root {
  color-scheme: light dark;
  --paper: #f6f5f2; --panel: #fffefc; --raised: #ffffff; --line: #e2dfd8; --line-strong: #8c877d; --ink: #22211e; --soft: #66625a;
  --accent: #2f6f62; --accent-ink: #ffffff; --accent-wash: #e3efeb; --good: #2c6e49; --good-wash: #e2f0e6; --warn: #84560a; --warn-wash: #faeed3;
  --bad: #a8322d; --bad-wash: #fae4e1; --info: #2d5d8f; --info-wash: #e3edf7; --quiet-wash: #efede8;
  --added: #e4f3e8; --removed: #fbe7e4; --shadow: 0 1px 2px rgb(40 36 28 / 6%), 0 4px 16px rgb(40 36 28 / 4%);
  --round: 10px; --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161715; --panel: #1e201d; --raised: #262925; --line: #33362f; --line-strong: #7d8278; --ink: #e9e8e3; --soft: #a5a79e;
    --accent: #79c2ae; --accent-ink: #10201c; --accent-wash: #20352f; --good: #86cf9e; --good-wash: #1e3526; --warn: #e6b65c; --warn-wash: #3a2e17;
    --bad: #f0958d; --bad-wash: #40221f; --info: #8fbbe8; --info-wash: #1d2f42; --quiet-wash: #292c27;
    --added: #1c3324; --removed: #3d2421; --shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 4px 16px rgb(0 0 0 / 20%);
  }
}

* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 var(--sans); overflow-wrap: anywhere; }
h1, h2, h3, p, ul, dl, dd, pre { margin: 0; padding: 0; }
ul { list-style: none; }
h2 { font-size: 15px; font-weight: 650; letter-spacing: -.005em; }
h3 { font-size: 12px; font-weight: 600; color: var(--soft); margin-bottom: 6px; }
code, pre, kbd { font-family: var(--mono); font-size: .88em; }
a { color: var(--accent); }
ins { color: var(--good); text-decoration: none; }
del { color: var(--bad); text-decoration: none; }
time { white-space: nowrap; }
.muted { color: var(--soft); font-size: 13px; font-weight: 400; }
.hint { color: var(--soft); font-size: 12.5px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.icon { width: 16px; height: 16px; flex: none; fill: none; stroke: currentcolor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; z-index: 20; background: var(--panel); padding: 8px 12px; border-radius: 8px; }
.noscript { padding: 40px; text-align: center; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 6px; }

/* Buttons and fields */
button, .button, select, input, textarea { font: inherit; color: inherit; }
button, .button {
  display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 34px; padding: 5px 12px; border: 1px solid var(--line-strong); border-radius: 8px;
  background: var(--raised); text-decoration: none; cursor: pointer; white-space: nowrap; font-size: 14px; transition: background .12s, border-color .12s;
}
button:hover, .button:hover { background: var(--quiet-wash); }
button:disabled { opacity: .5; cursor: default; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); font-weight: 600; }
button.primary:hover:not(:disabled) { filter: brightness(1.08); }
button.danger { background: var(--bad); border-color: var(--bad); color: var(--panel); font-weight: 600; }
button.good { border-color: var(--good); color: var(--good); }
button.quiet, .button.quiet { border-color: transparent; background: transparent; color: var(--soft); }
button.quiet:hover:not(:disabled), .button.quiet:hover { background: var(--quiet-wash); color: var(--ink); }
button.icon-only { padding: 5px; min-width: 32px; min-height: 32px; }
button.link { border: 0; padding: 0; min-height: 0; background: none; color: var(--accent); text-decoration: underline; white-space: normal; text-align: left; display: inline; }
button[aria-busy] { position: relative; color: transparent; opacity: 1; }
button[aria-busy]::after { content: ""; position: absolute; inset: 0; margin: auto; width: 14px; height: 14px; border: 2px solid var(--soft); border-right-color: transparent; border-radius: 50%; animation: turn .8s linear infinite; }
button.primary[aria-busy]::after { border-color: var(--accent-ink); border-right-color: transparent; }
@keyframes turn { to { rotate: 1turn; } }
input, textarea, select { width: 100%; min-height: 36px; padding: 6px 10px; border: 1px solid var(--line-strong); border-radius: 8px; background: var(--raised); }
input[type="checkbox"], input[type="radio"] { width: 18px; min-height: 18px; height: 18px; accent-color: var(--accent); flex: none; margin: 0; }
select { width: auto; max-width: 100%; padding-right: 6px; }
textarea { resize: vertical; line-height: 1.45; }
::placeholder { color: var(--soft); opacity: .8; }
.field { display: block; }
.field-label { display: block; font-size: 13px; font-weight: 550; margin-bottom: 4px; }
.field .hint { display: block; margin-top: 3px; }
.fields, dialog form, .pair-partner { display: grid; gap: 12px; }
.field-row { display: grid; grid-template-columns: 1fr 110px; gap: 12px; }
.tick { display: flex; align-items: center; gap: 8px; }
.tick.is-warning { color: var(--warn); font-weight: 550; }
.segments { display: inline-flex; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; background: var(--quiet-wash); padding: 2px; gap: 2px; }
.segments button { border: 0; background: transparent; min-height: 28px; padding: 2px 10px; font-size: 13px; color: var(--soft); border-radius: 6px; }
.segments button[aria-pressed="true"] { background: var(--raised); color: var(--ink); font-weight: 550; box-shadow: 0 1px 2px rgb(0 0 0 / 12%); }
button.quiet[aria-pressed="true"] { background: var(--accent-wash); color: var(--accent); }
kbd { border: 1px solid var(--line-strong); border-bottom-width: 2px; border-radius: 5px; padding: 0 5px; background: var(--raised); color: var(--ink); }

/* Frame */
.top { position: sticky; top: 0; z-index: 5; display: flex; align-items: center; gap: 20px; padding: 0 24px; min-height: 56px; background: color-mix(in srgb, var(--paper) 92%, transparent); backdrop-filter: blur(10px); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: 10px; }
.brand h1 { font-size: 17px; font-weight: 700; letter-spacing: -.02em; }
.logo { width: 26px; height: 26px; background: url("/zen/icon.svg") center / contain no-repeat; }
.tabs { display: flex; gap: 2px; align-self: stretch; }
.tabs a { display: flex; align-items: center; gap: 7px; padding: 0 14px; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent; font-weight: 550; font-size: 14px; }
.tabs a:hover { color: var(--ink); }
.tabs a[aria-current] { color: var(--ink); border-bottom-color: var(--accent); }
.mark { background: var(--accent-wash); color: var(--accent); border-radius: 99px; padding: 0 7px; font-size: 12px; font-weight: 650; font-variant-numeric: tabular-nums; }
.top-right { margin-left: auto; display: flex; align-items: center; gap: 8px; min-width: 0; }
.project { max-width: 190px; min-height: 32px; font-size: 13px; }
.connection-state { display: inline-flex; align-items: center; gap: 7px; color: var(--soft); font-size: 13px; white-space: nowrap; }
.connection-state::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--warn); }
.connection-state.is-live::before { background: var(--good); }
.connection-state.is-offline::before { background: var(--bad); }
.offline { background: var(--bad-wash); color: var(--bad); text-align: center; padding: 9px 20px; font-weight: 550; }
.outdated { background: var(--info-wash); color: var(--info); text-align: center; padding: 9px 20px; }
main { padding: 20px 24px 48px; max-width: 1760px; margin: 0 auto; transition: opacity .2s; }
main:focus { outline: none; }
main.is-old { opacity: .65; }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: var(--round); box-shadow: var(--shadow); padding: 16px 18px; min-width: 0; }
.panel-head { display: flex; align-items: center; flex-wrap: wrap; gap: 8px 12px; margin-bottom: 12px; min-height: 34px; }
.panel-head h2 { display: flex; align-items: center; gap: 8px; min-width: 0; flex: 0 1 auto; }
.panel-head > :last-child:not(h2) { margin-left: auto; }
.actions { display: inline-flex; align-items: center; gap: 2px; margin-left: auto; flex: none; }
.empty { padding: 22px 12px; text-align: center; color: var(--soft); display: grid; gap: 4px; justify-items: center; }
.empty strong { color: var(--ink); font-weight: 600; }
.empty .button, .empty button { margin-top: 8px; }
.problem { color: var(--bad); background: var(--bad-wash); padding: 8px 12px; border-radius: 8px; font-size: 14px; }
.badge { display: inline-block; padding: 1px 8px; border-radius: 99px; font-size: 12px; font-weight: 600; background: var(--quiet-wash); color: var(--soft); white-space: nowrap; font-variant-numeric: tabular-nums; }
.badge.is-running, .badge.is-merging, .badge.is-unmerging, .badge.is-synced { background: var(--info-wash); color: var(--info); }
.badge.is-completed, .badge.is-ready, .badge.is-merged { background: var(--good-wash); color: var(--good); }
.badge.is-failed, .badge.is-refused { background: var(--bad-wash); color: var(--bad); }
.badge.is-conflict { background: var(--warn-wash); color: var(--warn); }
.presence { display: inline-flex; align-items: center; gap: 6px; font-size: 12.5px; font-weight: 500; color: var(--soft); white-space: nowrap; }
.presence::before { content: ""; width: 8px; height: 8px; border-radius: 50%; border: 2px solid var(--soft); }
.presence.is-here { color: var(--good); }
.presence.is-here::before { background: var(--good); border-color: var(--good); }
.more { padding-top: 8px; text-align: center; }

/* Lists */
.item { display: flex; align-items: center; gap: 10px; padding: 9px 0; border-top: 1px solid var(--line); min-width: 0; }
.item:first-child { border-top: 0; }
.item-text { min-width: 0; flex: 1; }
.item-text strong, .result-button strong { display: block; font-weight: 550; font-size: 14px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.item-text > p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.windowed { position: relative; overflow: auto; overscroll-behavior: contain; }
.windowed-space { position: relative; }
.row { position: absolute; left: 0; right: 0; }

/* Monitor */
.monitor { display: grid; grid-template-columns: minmax(0, 1fr) 372px; gap: 16px; align-items: start; }
.monitor-main, .monitor-side { display: grid; gap: 16px; min-width: 0; }
.numbers { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); background: var(--panel); border: 1px solid var(--line); border-radius: var(--round); box-shadow: var(--shadow); }
.figure { display: flex; flex-direction: column-reverse; padding: 12px 18px; border-left: 1px solid var(--line); }
.figure:first-child { border-left: 0; }
.figure dt { color: var(--soft); font-size: 13px; }
.figure dd { font-size: 27px; line-height: 1.15; font-weight: 600; letter-spacing: -.03em; font-variant-numeric: tabular-nums; }
.figure.is-failed dd { color: var(--bad); }
.figure.is-ready dd { color: var(--good); }
.slots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 205px), 1fr)); gap: 12px; }
.slot { border: 1px dashed var(--line); border-radius: 9px; padding: 8px 8px 10px 14px; min-height: 128px; display: flex; flex-direction: column; min-width: 0; }
.slot.is-busy { border-style: solid; border-color: var(--line); background: var(--raised); box-shadow: inset 3px 0 0 var(--accent); }
.slot-head { display: flex; align-items: center; gap: 8px; min-height: 32px; font-size: 13px; }
.slot-name { font-weight: 600; color: var(--soft); }
.slot-free { margin: auto; color: var(--soft); padding-bottom: 20px; }
.work { display: flex; flex-direction: column; flex: 1; min-width: 0; gap: 3px; }
.work-title { font-weight: 600; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; padding-right: 6px; }
.work-action { font-family: var(--mono); font-size: 12.5px; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding-right: 6px; }
.work-foot { display: flex; align-items: center; flex-wrap: wrap; gap: 4px 10px; margin-top: auto; font-size: 13px; }
.work-agent { border: 1px solid var(--line-strong); color: var(--soft); border-radius: 6px; padding: 0 6px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 100%; }
.work-time { font-variant-numeric: tabular-nums; font-weight: 550; }
.activity-item { display: grid; grid-template-columns: 10px minmax(0, 1fr) auto; gap: 10px; align-items: baseline; padding: 5px 0; font-size: 13.5px; }
.activity-text strong { font-weight: 550; }
.activity { max-height: 440px; overflow: auto; }
.dot { width: 8px; height: 8px; border-radius: 50%; background: var(--soft); }
.dot.is-running, .dot.is-synced { background: var(--info); }
.dot.is-completed, .dot.is-ready, .dot.is-merged { background: var(--good); }
.dot.is-failed { background: var(--bad); }
.dot.is-conflict { background: var(--warn); }

/* Offload */
.offload { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 16px; align-items: start; }
.connection { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 12px 32px; }
.standing { font-size: 20px; font-weight: 600; letter-spacing: -.015em; color: var(--soft); }
.standing.is-here { color: var(--ink); }
.connection h2 { color: var(--soft); font-weight: 500; font-size: 13px; }
.counts { display: flex; flex-wrap: wrap; gap: 6px 24px; }
.counts div { display: flex; flex-direction: column-reverse; text-align: right; }
.counts dt { font-size: 12.5px; color: var(--soft); }
.counts dd { font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.2; }
.tools { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; margin-bottom: 10px; }
.tools input { flex: 1 1 180px; width: auto; }
.idea-list { height: 420px; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); margin: 0 -18px; }
.idea-list.is-empty, .card-list.is-empty { height: auto; }
.idea-row { display: flex; align-items: center; gap: 12px; padding: 0 18px; cursor: pointer; border-bottom: 1px solid var(--line); }
.idea-row:hover { background: var(--quiet-wash); }
.idea-row[aria-selected="true"] { background: var(--accent-wash); }
.idea-row.is-away { cursor: default; color: var(--soft); }
.idea-row:focus-visible, .card:focus-visible { outline-offset: -3px; }
.idea-title { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.box { width: 18px; height: 18px; border: 1.5px solid var(--line-strong); border-radius: 5px; flex: none; display: grid; place-items: center; background: var(--raised); }
.box.is-checked { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
.box .icon { width: 14px; height: 14px; stroke-width: 3; }
.is-away .box { border-style: dashed; opacity: .6; }
.panel-foot { display: flex; flex-wrap: wrap; gap: 8px; justify-content: flex-end; padding-top: 14px; }
.choice { margin-right: auto; min-width: 0; }
.remote-list { max-height: 528px; overflow: auto; }
.remote-list .badge { min-width: 76px; text-align: center; }
.pair-panels { grid-column: 1 / -1; display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 16px; align-items: start; }
.pair-own { display: grid; gap: 10px; justify-items: start; }
.pair-own .problem { justify-self: stretch; }
.code-line { display: flex; align-items: center; gap: 18px; flex-wrap: wrap; width: 100%; }
.code { font: 650 46px/1.1 var(--mono); letter-spacing: .04em; font-variant-numeric: tabular-nums; }
.qr { width: 118px; height: 118px; border-radius: 8px; margin-left: auto; }
.qr-paper { fill: #fff; }
.qr-ink { fill: #111; }
.pair-left { font-variant-numeric: tabular-nums; color: var(--soft); }
.command { display: flex; align-items: center; gap: 4px; background: var(--quiet-wash); border-radius: 8px; padding: 2px 4px 2px 12px; max-width: 100%; }
.or { display: flex; align-items: center; gap: 12px; color: var(--soft); font-size: 13px; margin: 16px 0; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.pair-partner { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.pair-partner .field:nth-child(3) { grid-column: 1 / -1; }
.pair-partner button { justify-self: start; min-width: 120px; }
.check-words { font-size: 30px; font-weight: 650; letter-spacing: -.01em; color: var(--accent); }
.paired { display: flex; align-items: center; gap: 8px; font-weight: 600; color: var(--good); font-size: 16px; }
.device-item.is-over { outline: 2px dashed var(--accent); outline-offset: -2px; border-radius: 8px; background: var(--accent-wash); }
.device-item strong { display: flex; align-items: center; gap: 10px; }

/* Backlog */
.backlog { max-width: 980px; margin: 0 auto; }
.card-list { height: calc(100vh - 290px); min-height: 320px; margin: 0 -18px; border-top: 1px solid var(--line); }
.card { display: flex; align-items: center; gap: 14px; padding: 8px 18px; border-bottom: 1px solid var(--line); background: var(--panel); touch-action: pan-y; }
.card:hover { background: color-mix(in srgb, var(--quiet-wash) 50%, var(--panel)); }
.card:focus { box-shadow: inset 3px 0 0 var(--accent); }
.card.is-accepting { background: var(--good-wash); }
.card.is-rejecting { background: var(--bad-wash); }
.card-text { flex: 1; min-width: 0; }
.card-title { display: block; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.card-description { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.card-facts { display: flex; gap: 12px; align-items: center; overflow: hidden; white-space: nowrap; min-height: 22px; }
.card-facts code { overflow: hidden; text-overflow: ellipsis; color: var(--soft); }
.key-hint { padding-top: 10px; }

/* Results */
.results { display: grid; gap: 16px; align-items: start; }
.results.has-detail { grid-template-columns: minmax(300px, 420px) minmax(0, 1fr); }
.results:not(.has-detail) .results-list { max-width: 980px; width: 100%; margin: 0 auto; }
.result-row { border-top: 1px solid var(--line); margin: 0 -18px; }
.result-button { width: 100%; border: 0; border-radius: 0; background: none; display: grid; grid-template-columns: 96px minmax(0, 1fr); justify-items: start; gap: 10px; padding: 10px 18px; text-align: left; white-space: normal; }
.result-button .item-text { width: 100%; }
.result-button .muted { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.results-list .tools { justify-content: space-between; }
.result-detail .panel-head { flex-wrap: nowrap; }
.result-detail .panel-head h2 { min-width: 0; }
.result-row.is-open { background: var(--accent-wash); }
.result-row.is-open .badge { background: var(--panel); }
.result-button:focus-visible { outline-offset: -3px; }
.result-actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0; align-items: center; }
.facts { margin-top: -6px; }
.callout { display: flex; gap: 10px; padding: 10px 14px; border-radius: 8px; background: var(--quiet-wash); margin: 10px 0; font-size: 14px; }
.callout .icon { margin-top: 2px; }
.callout.is-conflict, .callout.is-warning { background: var(--warn-wash); }
.callout > div { display: grid; gap: 4px; min-width: 0; }
.agent-words { margin: 14px 0; }
.agent-words p { white-space: pre-wrap; max-height: 220px; overflow: auto; }
.changes { display: grid; grid-template-columns: 240px minmax(0, 1fr); gap: 16px; border-top: 1px solid var(--line); padding-top: 14px; }
.files ul { max-height: 70vh; overflow: auto; }
.files li button { width: 100%; justify-content: flex-start; border: 0; background: none; padding: 3px 8px; min-height: 30px; font-size: 13px; }
.files li button.is-open { background: var(--accent-wash); }
.files .path { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; direction: rtl; text-align: left; unicode-bidi: plaintext; }
.change { font: 600 11px var(--mono); width: 14px; }
.change.is-added { color: var(--good); }
.change.is-deleted { color: var(--bad); }
.change.is-modified { color: var(--info); }
.diff { min-width: 0; }
.diff-head { display: flex; align-items: center; justify-content: space-between; gap: 12px; flex-wrap: wrap; margin-bottom: 8px; }
.diff-text { overflow: auto; max-height: 74vh; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); }
.diff-note { color: var(--soft); font-size: 13px; padding: 8px 12px; }
.diff-page { font: 12.5px/1.55 var(--mono); }
.hunk-head { background: var(--info-wash); color: var(--info); padding: 2px 12px; white-space: pre; }
.diff-line { display: grid; grid-template-columns: 46px 46px 16px minmax(0, 1fr); white-space: pre; tab-size: 4; overflow-wrap: normal; }
.diff-line .number { color: var(--soft); text-align: right; padding-right: 8px; user-select: none; }
.diff-line .code-text { padding-right: 14px; }
.diff-line.is-added, .code-text.is-added { background: var(--added); }
.diff-line.is-removed, .code-text.is-removed { background: var(--removed); }
.is-split .diff-line { grid-template-columns: 46px minmax(0, 1fr) 46px minmax(0, 1fr); }
.is-split .code-text { white-space: pre-wrap; overflow-wrap: anywhere; }
.is-split .code-text.is-nothing { background: var(--quiet-wash); }
.diff-line.is-note { color: var(--soft); }
.matrix-frame { overflow: auto; }
.matrix-frame .hint { padding-top: 10px; }
.matrix { border-collapse: collapse; font-size: 13px; }
.matrix th { font-weight: 500; white-space: nowrap; color: var(--soft); padding: 4px 6px; text-align: center; }
.matrix th[scope="row"] { text-align: left; max-width: 300px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding-left: 0; position: sticky; left: 0; background: var(--panel); }
.matrix th[scope="row"] button { white-space: nowrap; }
.matrix td { width: 30px; min-width: 30px; height: 30px; text-align: center; border: 1px solid var(--line); color: var(--soft); }
.matrix td.is-clash { background: var(--warn-wash); color: var(--warn); font-weight: 700; }
.matrix td.is-self { background: var(--quiet-wash); }

/* Log */
.log-panel { position: fixed; z-index: 10; left: 0; right: 0; bottom: 0; height: min(46vh, 560px); background: var(--panel); border-top: 1px solid var(--line-strong); box-shadow: 0 -8px 30px rgb(0 0 0 / 16%); display: flex; flex-direction: column; }
body.has-log main { padding-bottom: calc(46vh + 24px); }
.log-head { display: flex; align-items: center; gap: 8px; padding: 8px 18px; border-bottom: 1px solid var(--line); }
.log-title { flex: 1; min-width: 0; display: flex; gap: 10px; align-items: baseline; }
.log-title strong { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
.log-head input { width: 210px; }
.hits { min-width: 58px; }
.log-text { flex: 1; overflow: auto; background: #191b18; color: #dcdcd4; }
.log-space { position: relative; min-width: max-content; }
.line { position: absolute; left: 0; right: 0; height: 19px; font: 12.5px/19px var(--mono); white-space: pre; padding-right: 20px; overflow-wrap: normal; }
.line .number { display: inline-block; width: 58px; padding-right: 14px; text-align: right; color: #8b8d84; user-select: none; }
.line.is-head { color: #9fd8c6; font-weight: 600; }
.line.is-deed { color: #a9c8ec; }
.line.is-error { color: #ffaaa2; }
.line.is-hit { background: #4b421f; }
.line.is-found { background: #5d4d17; outline: 1px solid #d2b04c; }

/* Notes, dialogs, signing in */
.notes { position: fixed; z-index: 30; right: 20px; bottom: 20px; display: grid; gap: 8px; width: min(400px, calc(100vw - 40px)); }
.note { display: flex; align-items: flex-start; gap: 8px; background: var(--ink); color: var(--paper); padding: 8px 8px 8px 16px; border-radius: 10px; box-shadow: 0 6px 24px rgb(0 0 0 / 25%); font-size: 14px; }
.note p { flex: 1; padding: 6px 0; max-height: 40vh; overflow: auto; }
.note button.quiet { color: inherit; }
.note button.quiet:hover { background: rgb(128 128 128 / 30%); color: inherit; }
.note.is-problem { background: var(--bad-wash); color: var(--bad); border: 1px solid var(--bad); }
dialog { border: 1px solid var(--line); border-radius: 14px; background: var(--panel); color: var(--ink); padding: 22px 24px; width: min(560px, calc(100vw - 24px)); box-shadow: 0 20px 70px rgb(0 0 0 / 30%); }
dialog::backdrop { background: rgb(20 20 16 / 45%); }
dialog h2 { font-size: 18px; }
dialog > form > p { color: var(--soft); }
.dialog-actions { display: flex; justify-content: flex-end; gap: 8px; padding-top: 6px; }
.keys { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 20px; }
.keys li { display: flex; gap: 10px; align-items: center; }
.keys kbd { min-width: 26px; text-align: center; }
.sign-in { min-height: 100vh; display: grid; place-items: center; padding: 20px; }
.sign-in-box { width: min(430px, 100%); display: grid; gap: 14px; background: var(--panel); border: 1px solid var(--line); border-radius: 16px; padding: 30px; box-shadow: var(--shadow); }
.sign-in-box h1 { font-size: 24px; letter-spacing: -.02em; }
.sign-in-box form { display: grid; gap: 12px; border-top: 1px solid var(--line); padding-top: 16px; }
pre { background: var(--quiet-wash); border-radius: 8px; padding: 10px 14px; white-space: pre-wrap; }
.welcome { max-width: 620px; margin: 8vh auto; display: grid; gap: 12px; padding: 28px; }
.welcome h2 { font-size: 20px; }

@media (max-width: 1180px) {
  .monitor, .offload, .pair-panels, .results.has-detail { grid-template-columns: minmax(0, 1fr); }
  .results.has-detail .results-list { order: 1; }
}

@media (max-width: 720px) {
  body { padding-bottom: 60px; }
  .top { padding: 0 12px; gap: 10px; min-height: 50px; background: var(--paper); backdrop-filter: none; }
  .tabs { position: fixed; z-index: 8; left: 0; right: 0; bottom: 0; height: 58px; background: var(--panel); border-top: 1px solid var(--line); justify-content: space-around; gap: 0; }
  .tabs a { flex: 1; justify-content: center; padding: 0 4px; gap: 4px; white-space: nowrap; font-size: 13px; border-bottom: 0; border-top: 2px solid transparent; }
  .tabs a[aria-current] { border-top-color: var(--accent); }
  main { padding: 12px 10px 32px; }
  .panel { padding: 12px 14px; }
  .idea-list, .card-list, .result-row { margin-left: -14px; margin-right: -14px; }
  .numbers { grid-template-columns: repeat(5, 1fr); }
  .figure { padding: 10px 4px 8px; align-items: center; }
  .figure dt { font-size: 11.5px; }
  .figure dd { font-size: 21px; }
  .slots, .changes, .pair-partner, .field-row { grid-template-columns: minmax(0, 1fr); }
  .slot { min-height: 84px; }
  .slot-free { padding-bottom: 8px; }
  .card { align-items: flex-start; flex-wrap: nowrap; gap: 8px; }
  .card .actions .good span, .key-hint, .card-description { display: none; }
  .card-title { white-space: normal; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; }
  .code { font-size: 38px; }
  .drop-hint { display: none; }
  .log-panel { height: 70vh; }
  .log-head { flex-wrap: wrap; padding: 8px 12px; }
  .log-title { flex-basis: 100%; }
  .log-head input { flex: 1; width: auto; min-width: 0; }
  .hits:empty { display: none; }
  .log-head button span { display: none; }
  .connection-state { font-size: 0; gap: 0; }
  .notes { bottom: 70px; right: 12px; width: calc(100vw - 24px); }
  .counts { gap: 6px 18px; }
  .result-button { grid-template-columns: 84px minmax(0, 1fr); }
  .panel-foot { justify-content: stretch; }
  .panel-foot button { flex: 1; }
  .choice { flex-basis: 100%; }
  .choice select { width: 100%; }
  .files ul { max-height: 200px; }
  button, .button { min-height: 38px; }
  button.icon-only { min-width: 38px; min-height: 38px; }
}

@media (min-width: 2400px) { body { font-size: 17px; } main { max-width: 2300px; } }

@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation-duration: 1ms !important; animation-iteration-count: 1 !important; transition: none !important; } }

"""###),
    ]
}
