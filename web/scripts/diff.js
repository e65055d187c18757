// A patch as a person reads it: in one column or side by side. It was written by an agent, so it is text and nothing else.

import { h } from './elements.js';
import { plain } from './words.js';

const lineLimit = 3_000;

/** Reads a unified patch. */
export function read(text) {
  const files = [];
  let file = null;
  let hunk = null;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('diff --git ')) {
      file = { name: line.slice(11), notes: [], hunks: [] };
      files.push(file);
      hunk = null;
    } else if (file && line.startsWith('@@')) {
      const [, before, after] = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line) ?? [];
      hunk = { head: line, lines: [], before: Number(before), after: Number(after) };
      file.hunks.push(hunk);
    } else if (hunk && /^[ +\-\\]/.test(line)) {
      hunk.lines.push(line);
    } else if (file && line.startsWith('+++ ') && line !== '+++ /dev/null') {
      file.name = line.slice(4).replace(/^b\//, '');
    } else if (file && line.startsWith('--- ') && line !== '--- /dev/null') {
      file.name = line.slice(4).replace(/^a\//, '');
    } else if (file && !hunk && line && !line.startsWith('index ')) {
      file.notes.push(line);
    }
  }
  return files;
}

/** Draws a patch; what is very long is cut, and says so. */
export function draw(text, { isSideBySide }) {
  let left = lineLimit;
  return read(text).map((file, index) => h('div', { key: `${index}-${file.name}`, class: 'diff-file' },
    file.notes.length > 0 && h('p', { class: 'diff-note' }, plain(file.notes.join(' · '))),
    file.hunks.map((hunk) => {
      const lines = hunk.lines.slice(0, Math.max(0, left));
      left -= lines.length;
      return h('div', { class: `hunk ${isSideBySide ? 'is-split' : ''}` },
        h('div', { class: 'hunk-head' }, plain(hunk.head)),
        isSideBySide ? split({ ...hunk, lines }) : unified({ ...hunk, lines }),
        lines.length < hunk.lines.length && h('p', { class: 'diff-note' }, `… ${hunk.lines.length - lines.length} more lines; see them with git`));
    })));
}

const kind = { '+': 'is-added', '-': 'is-removed', ' ': '', '\\': 'is-note' };

function unified(hunk) {
  let { before, after } = hunk;
  return h('div', { class: 'diff-lines' }, hunk.lines.map((line) => {
    const mark = line[0];
    const numbers = [mark === '+' || mark === '\\' ? '' : before, mark === '-' || mark === '\\' ? '' : after];
    if (mark === ' ' || mark === '-') before += 1;
    if (mark === ' ' || mark === '+') after += 1;
    return h('div', { class: `diff-line ${kind[mark]}` }, h('span', { class: 'number' }, numbers[0]), h('span', { class: 'number' }, numbers[1]),
      h('span', { class: 'sign' }, mark === '\\' ? '' : mark), h('span', { class: 'code-text' }, plain(line.slice(1)) || ' '));
  }));
}

/** Pairs removed lines with the added lines that stand in their place. */
function split(hunk) {
  let { before, after } = hunk;
  const rows = [];
  let removed = [];
  let added = [];
  const settle = () => {
    for (let index = 0; index < Math.max(removed.length, added.length); index += 1) rows.push([removed[index], added[index]]);
    removed = [];
    added = [];
  };
  for (const line of hunk.lines) {
    const content = line.slice(1);
    if (line[0] === '-') removed.push({ number: before++, content, kind: 'is-removed' });
    else if (line[0] === '+') added.push({ number: after++, content, kind: 'is-added' });
    else if (line[0] === ' ') {
      settle();
      rows.push([{ number: before++, content, kind: '' }, { number: after++, content, kind: '' }]);
    }
  }
  settle();
  const side = (cell) => [h('span', { class: 'number' }, cell?.number ?? ''), h('span', { class: `code-text ${cell ? cell.kind : 'is-nothing'}` }, cell ? plain(cell.content) || ' ' : '')];
  return h('div', { class: 'diff-lines' }, rows.map(([left, right]) => h('div', { class: 'diff-line' }, side(left), side(right))));
}
