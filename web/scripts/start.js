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
