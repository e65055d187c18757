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
