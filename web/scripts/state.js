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
