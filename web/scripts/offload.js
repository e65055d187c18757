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
