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
