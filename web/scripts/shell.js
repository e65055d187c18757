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
