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
