// The log of an attempt, followed live: searched, paused, and gone through from one error to the next.

import { h, render, icon } from './elements.js';
import { open, read } from './bridge.js';
import { complain } from './shell.js';
import { takePlace } from './places.js';
import { plain } from './words.js';

const lineHeight = 19;
const lineLimit = 20_000;
const widthLimit = 2_000;
const gap = /^… \d+ bytes are not kept …$/;
const errors = /\b(error|errors|failed|failure|fatal|panic|exception|traceback)\b/i;
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;

let shown = null;

/** Shows the log of an attempt; an open one is closed first. */
export function showLog(task, title, attempt) {
  closeLog();
  shown = new LogPanel(task, title, attempt);
}

export function closeLog() {
  shown?.close();
  shown = null;
}

class LogPanel {
  constructor(task, title, attempt) {
    this.path = `tasks/${task}/log?follow=true${attempt ? `&attempt=${attempt}` : ''}`;
    this.title = title;
    this.startAnew();
    this.isFollowing = true;
    this.standing = 'Reading …';
    this.found = -1;
    this.before = document.activeElement;
    this.panel = document.createElement('aside');
    this.panel.className = 'log-panel';
    this.panel.setAttribute('aria-label', `Log of ${plain(title)}`);
    this.panel.onkeydown = (event) => { if (event.key !== 'Escape') return;
      event.stopPropagation();
      closeLog();
    };
    // Whoever comes back to it wants to see how it goes on.
    this.panel.onpointerdown = (event) => { if (!event.target.closest('button')) this.resume(); };
    addEventListener('focus', this.resume);
    document.addEventListener('visibilitychange', this.resume);
    document.body.append(this.panel);
    document.body.classList.add('has-log');
    this.draw();
    this.search.focus();
    this.follow();
  }

  startAnew() {
    this.lines = [];
    this.dropped = 0;
    /** Counted from the first line that there ever was. */
    this.firstError = null;
    this.rest = '';
    this.hasGap = false;
    /** In bytes. */
    this.offset = 0;
    this.decoder = new TextDecoder();
  }

  close() {
    this.control.abort();
    removeEventListener('focus', this.resume);
    document.removeEventListener('visibilitychange', this.resume);
    this.panel.remove();
    document.body.classList.remove('has-log');
    this.before?.focus?.();
  }

  async follow() {
    const turn = new AbortController();
    this.control = turn;
    this.isAway = false;
    this.standing = 'Reading …';
    // Where something is missing, bytes can't be counted by what has come.
    if (this.hasGap) this.startAnew();
    this.soon();
    const leave = await takePlace(() => this.stepBack(turn));
    try {
      turn.signal.throwIfAborted();
      const answer = await open(`${this.path}&offset=${this.offset}`, { signal: turn.signal });
      if (!answer.ok) await read(answer);
      const reader = answer.body.getReader();
      this.standing = 'Live';
      this.soon();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        this.offset += value.length;
        this.take(this.decoder.decode(value, { stream: true }));
      }
      if (this.rest) this.take('\n');
      this.standing = 'Ended';
    } catch (problem) {
      if (turn.signal.aborted) return;
      this.standing = 'Cut off';
      if (problem.status) complain(problem);
    } finally {
      leave();
    }
    this.draw();
  }

  /** Another log is followed in place of this one. */
  stepBack(turn) {
    if (turn.signal.aborted || this.control !== turn) return;
    turn.abort();
    this.isAway = true;
    this.standing = 'Paused: other logs are followed';
    this.soon();
  }

  resume = () => {
    if (this.isAway && !document.hidden) this.follow();
  };

  take(text) {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop().slice(0, widthLimit * 4);
    for (const line of lines) {
      if (gap.test(line)) this.hasGap = true;
      const clean = plain(line.replace(escapes, '').replace(/\r$/, ''));
      if (this.firstError === null && errors.test(clean)) this.firstError = this.lines.length + this.dropped;
      this.lines.push(clean.length > widthLimit ? `${clean.slice(0, widthLimit)} …` : clean);
    }
    if (this.lines.length > lineLimit) {
      const surplus = this.lines.length - lineLimit;
      this.lines.splice(0, surplus);
      this.dropped += surplus;
      this.found -= surplus;
      if (!this.isFollowing) this.text.scrollTop -= surplus * lineHeight;
      if (this.firstError !== null && this.firstError < this.dropped) {
        const next = this.lines.findIndex((line) => errors.test(line));
        this.firstError = next < 0 ? null : next + this.dropped;
      }
    }
    this.soon();
  }

  soon() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.draw();
    });
  }

  attach = (node) => {
    this.text = node;
    this.space = node.appendChild(document.createElement('div'));
    this.space.className = 'log-space';
    node.onscroll = () => {
      const isAtEnd = node.scrollTop + node.clientHeight >= node.scrollHeight - lineHeight;
      if (isAtEnd !== this.isFollowing && !this.isPaused) this.isFollowing = isAtEnd;
      this.soon();
    };
    new ResizeObserver(() => this.soon()).observe(node);
  };

  draw() {
    const wanted = this.wanted ?? '';
    const isStill = this.isPaused || this.isAway;
    render(this.panel,
      h('header', { class: 'log-head' },
        h('div', { class: 'log-title' }, h('strong', null, plain(this.title)), h('span', { class: 'muted' }, this.standing)),
        h('input', {
          own: this.attachSearch, type: 'search', placeholder: 'Search', 'aria-label': 'Search in the log',
        }),
        h('span', { class: 'muted hits', 'aria-live': 'polite' }, wanted && `${this.matches(wanted)} lines`),
        h('button', { type: 'button', class: 'quiet', disabled: this.firstError === null, onclick: () => this.go(this.firstError - this.dropped) }, icon('warn'), h('span', null, 'First error')),
        h('button', {
          type: 'button', class: 'quiet', 'aria-pressed': isStill ? 'true' : 'false', onclick: () => (this.isAway ? this.resume() : this.pause()),
        }, icon(isStill ? 'play' : 'pause'), h('span', null, isStill ? 'Follow' : 'Pause')),
        h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close the log', onclick: closeLog }, icon('close'))),
      h('div', { own: this.attach, class: 'log-text', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': 'Lines of the log' }));
    this.drawLines(wanted.toLowerCase());
  }

  attachSearch = (node) => {
    this.search = node;
    node.oninput = () => { this.wanted = node.value; this.found = -1; this.counted = null; this.draw(); };
    node.onkeydown = (event) => { if (event.key === 'Enter') this.next(event.shiftKey ? -1 : 1); };
  };

  matches(wanted) {
    if (this.counted?.of !== this.lines.length + this.dropped) {
      const lower = wanted.toLowerCase();
      this.counted = { of: this.lines.length + this.dropped, number: this.lines.filter((line) => line.toLowerCase().includes(lower)).length };
    }
    return this.counted.number;
  }

  next(step) {
    const wanted = (this.wanted ?? '').toLowerCase();
    if (!wanted) return;
    for (let tried = 0, at = this.found; tried < this.lines.length; tried += 1) {
      at = (at + step + this.lines.length) % this.lines.length;
      if (this.lines[at].toLowerCase().includes(wanted)) return this.go(at);
    }
  }

  go(index) {
    this.found = index;
    this.isFollowing = false;
    this.text.scrollTop = Math.max(0, index * lineHeight - this.text.clientHeight / 3);
    this.soon();
  }

  pause() {
    this.isPaused = !this.isPaused;
    this.isFollowing = !this.isPaused;
    this.draw();
  }

  drawLines(wanted) {
    const { lines, text } = this;
    this.space.style.setProperty('height', `${lines.length * lineHeight}px`);
    if (this.isFollowing && !this.isPaused) text.scrollTop = text.scrollHeight;
    const first = Math.max(0, Math.floor(text.scrollTop / lineHeight) - 10);
    const last = Math.min(lines.length - 1, Math.ceil((text.scrollTop + text.clientHeight) / lineHeight) + 10);
    const rows = [];
    for (let index = first; index <= last; index += 1) {
      const line = lines[index];
      const kind = line.startsWith('== ') ? 'is-head' : line.startsWith('[') ? 'is-deed' : errors.test(line) ? 'is-error' : '';
      const hit = wanted && line.toLowerCase().includes(wanted) ? 'is-hit' : '';
      rows.push(h('div', {
        key: String(index + this.dropped), class: `line ${kind} ${hit} ${index === this.found ? 'is-found' : ''}`, style: { top: `${index * lineHeight}px` },
      }, h('span', { class: 'number', 'aria-hidden': 'true' }, index + this.dropped + 1), line || ' '));
    }
    render(this.space, rows);
  }
}
