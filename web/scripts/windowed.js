// A list of which only what can be seen exists, however long it is. Rows are of one height; pages are asked for as they come into view.

import { h, render } from './elements.js';

const pageSize = 100;
const margin = 6;

export class WindowedList {
  /**
   * @param {object} given
   * @param {string} given.label what the list is, for those who hear it.
   * @param {number} given.rowHeight in CSS pixels.
   * @param {(limit: number, offset: number) => Promise<{items: object[], total: number}>} given.load
   * @param {(item: object) => string} given.keyOf
   * @param {(item: object, list: WindowedList) => {class?: string, selected?: boolean, content: any}} given.row
   * @param {() => any} given.empty what stands there when there is nothing.
   * @param {(event: KeyboardEvent, item: object) => boolean} [given.press] whether a key on a row meant something.
   * @param {object} [given.handlers] more attributes of each row, made from its item.
   */
  constructor(given) {
    this.given = given;
    this.pages = new Map();
    this.asked = new Set();
    this.total = null;
    this.current = 0;
    this.generation = 0;
    this.underWay = 0;
  }

  /** Gives the list its place in the page. */
  attach = (node) => {
    this.node = node;
    node.classList.add('windowed');
    // Rows with buttons in them can't be options.
    node.setAttribute('role', this.given.isMultiple ? 'listbox' : 'list');
    node.setAttribute('aria-label', this.given.label);
    if (this.given.isMultiple) node.setAttribute('aria-multiselectable', 'true');
    this.space = node.appendChild(document.createElement('div'));
    this.space.className = 'windowed-space';
    this.space.setAttribute('role', 'presentation');
    node.onscroll = () => this.soon();
    node.onkeydown = (event) => this.press(event);
    new ResizeObserver(() => this.soon()).observe(node);
    this.reload();
  };

  /** Asks again for what is in view; until it has come, what was there stays. */
  reload() {
    if (this.underWay > 0) {
      this.isWanted = true;
      return;
    }
    this.asked.clear();
    this.isStale = true;
    this.soon();
  }

  /** Begins anew: another filter, another list. */
  reset() {
    this.generation += 1;
    this.underWay = 0;
    this.pages.clear();
    this.total = null;
    this.problem = null;
    this.current = 0;
    if (this.node) this.node.scrollTop = 0;
    this.reload();
  }

  item(index) {
    return this.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  get selected() { return this.item(this.current); }

  soon() {
    if (this.isWaiting || !this.node) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.draw();
    });
  }

  async ask(page) {
    if (this.asked.has(page)) return;
    this.asked.add(page);
    const { generation } = this;
    this.underWay += 1;
    let answer = null;
    try {
      answer = await this.given.load(pageSize, page * pageSize);
      this.problem = null;
    } catch (problem) {
      if (problem.status === undefined) console.error(problem);
      this.problem = problem.message;
    }
    if (generation !== this.generation) return;
    this.underWay -= 1;
    if (answer) this.keep(page, answer);
    if (this.underWay === 0 && this.isWanted) {
      this.isWanted = false;
      this.reload();
    }
    this.soon();
  }

  keep(page, { items, total }) {
    if (this.isStale) {
      // What is out of view is asked for when it comes into view again.
      for (const known of [...this.pages.keys()]) if (!this.asked.has(known)) this.pages.delete(known);
      this.isStale = false;
    }
    this.pages.set(page, items);
    this.total = total;
    this.current = Math.min(this.current, Math.max(0, total - 1));
    this.given.loaded?.(items);
  }

  draw() {
    const { rowHeight, row, keyOf, empty } = this.given;
    const height = this.node.clientHeight || 400;
    const first = Math.max(0, Math.floor(this.node.scrollTop / rowHeight) - margin);
    const last = Math.min((this.total ?? pageSize) - 1, Math.ceil((this.node.scrollTop + height) / rowHeight) + margin);
    for (let page = Math.floor(first / pageSize); page <= Math.max(0, Math.floor(last / pageSize)); page += 1) this.ask(page);
    this.node.classList.toggle('is-empty', this.total === 0);
    this.space.style.setProperty('height', this.total ? `${this.total * rowHeight}px` : 'auto');
    if (this.total === null) return render(this.space, this.problem && h('p', { class: 'problem' }, this.problem));
    if (this.total === 0) return render(this.space, empty());
    const rows = [];
    const seen = Array.from({ length: last - first + 1 }, (_, step) => first + step);
    // The current row is there even out of view: the keyboard gets in through it.
    if (this.current < first) seen.unshift(this.current);
    if (this.current > last) seen.push(this.current);
    for (const index of seen) {
      const item = this.item(index);
      if (!item) continue;
      const { class: name, selected, content, ...rest } = row(item, this);
      rows.push(h('div', {
        ...rest, key: keyOf(item), role: this.given.isMultiple ? 'option' : 'listitem', class: `row ${name ?? ''}`, tabindex: index === this.current ? '0' : '-1',
        'aria-selected': this.given.isMultiple ? String(Boolean(selected)) : null, 'aria-posinset': String(index + 1), 'aria-setsize': String(this.total),
        style: { top: `${index * rowHeight}px`, height: `${rowHeight}px` },
        onfocus: () => { if (this.current !== index) { this.current = index; this.soon(); } },
      }, content));
    }
    const active = document.activeElement;
    const hadFocus = this.space.contains(active) || (this.wantsFocus && (active === document.body || this.node.contains(active)));
    render(this.space, rows);
    this.wantsFocus = false;
    if (hadFocus && !this.space.contains(document.activeElement)) this.focus();
  }

  /** Puts the focus on the current row, as soon as it is there. */
  focus() {
    const row = this.space.querySelector('.row[tabindex="0"]');
    this.wantsFocus = !row;
    row?.focus({ preventScroll: true });
  }

  press(event) {
    if (event.target.closest('input, textarea, select, button')) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };
    if (event.key in steps && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.go(this.current + steps[event.key]);
    } else if (this.selected && this.given.press?.(event, this.selected)) {
      event.preventDefault();
    }
  }

  go(index) {
    const { rowHeight } = this.given;
    this.current = Math.max(0, Math.min((this.total ?? 1) - 1, index));
    const top = this.current * rowHeight;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (top + rowHeight > this.node.scrollTop + this.node.clientHeight) this.node.scrollTop = top + rowHeight - this.node.clientHeight;
    this.draw();
    this.focus();
  }
}
