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
