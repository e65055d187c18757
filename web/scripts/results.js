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
