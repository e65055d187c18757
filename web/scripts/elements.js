// Descriptions of elements, and the one way in which they become elements. Text is only ever a text node or an attribute: there is
// no way from a string to markup here, and the page's policy refuses every other one.

const vector = new Set(['svg', 'path', 'rect', 'circle', 'g']);
const properties = new Set(['value', 'checked', 'indeterminate', 'disabled']);
const described = Symbol('description');

/**
 * Describes an element.
 * @param {string} tag
 * @param {object|null} given attributes; `onclick` and the like are functions, `style` is an object, `key` tells siblings apart,
 *   `own` is called once with the new element, which then looks after its own content.
 * @param children descriptions and texts; null and false are left out.
 */
export function h(tag, given, ...children) {
  const { key, own, ...attributes } = given ?? {};
  return { tag, key, own, attributes, children: tidy(children) };
}

/** Makes the content of an element what is described, and keeps every element that can be kept. */
export function render(parent, ...children) {
  place(parent, tidy(children));
}

function tidy(children) {
  return children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== true && child !== '')
    .map((child) => (typeof child === 'object' ? child : String(child)));
}

function place(parent, wanted) {
  const keys = new Set(wanted.map((item) => item.key).filter((key) => key !== undefined));
  const known = new Map();
  for (const node of [...parent.childNodes]) {
    const key = node[described]?.key;
    if (key === undefined) continue;
    // Gone first, so that what stays is not moved and keeps the focus.
    if (keys.has(key)) known.set(key, node); else node.remove();
  }
  let next = parent.firstChild;
  for (const item of wanted) {
    if (typeof item === 'string') {
      if (next?.nodeType === Node.TEXT_NODE) {
        if (next.data !== item) next.data = item;
        next = next.nextSibling;
      } else {
        parent.insertBefore(document.createTextNode(item), next);
      }
      continue;
    }
    const found = item.key === undefined ? next : known.get(item.key);
    const old = found?.[described];
    if (old && old.tag === item.tag && old.key === item.key && old.own === item.own) {
      if (found === next) next = next.nextSibling; else parent.insertBefore(found, next);
      update(found, old, item);
    } else {
      if (item.key !== undefined && found) {
        if (found === next) next = next.nextSibling;
        found.remove();
      }
      parent.insertBefore(make(item), next);
    }
  }
  while (next) {
    const after = next.nextSibling;
    next.remove();
    next = after;
  }
}

function make(item) {
  const node = vector.has(item.tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', item.tag) : document.createElement(item.tag);
  update(node, { attributes: {} }, item);
  item.own?.(node);
  return node;
}

function update(node, old, item) {
  if (old === item) return;
  node[described] = item;
  for (const name of Object.keys(old.attributes)) if (!(name in item.attributes)) set(node, name, null);
  for (const [name, value] of Object.entries(item.attributes)) {
    // Against what was described before; and what a person has typed since stays.
    if (old.attributes[name] === value) continue;
    if (name === 'value' && 'value' in old.attributes && node.value !== String(old.attributes.value ?? '') && node.tagName !== 'SELECT') continue;
    set(node, name, value);
  }
  if (!item.own) place(node, item.children);
}

function set(node, name, value) {
  if (name.startsWith('on')) node[name] = value;
  else if (name === 'style') for (const [key, one] of Object.entries(value ?? {})) node.style.setProperty(key, one);
  else if (properties.has(name)) node[name] = value ?? '';
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? '' : value);
}

const shapes = {
  play: 'M7 5l11 7-11 7z', pause: 'M8 5v14M16 5v14', stop: 'M6 6h12v12H6z', log: 'M5 7h14M5 12h14M5 17h9',
  retry: 'M19 12a7 7 0 1 1-2-4.9M19 4v4h-4', close: 'M6 6l12 12M18 6L6 18', check: 'M5 12.5l4.5 4.5L19 7',
  device: 'M4 6h16v10H4zM2 19h20', plus: 'M12 5v14M5 12h14', copy: 'M9 9h10v11H9zM5 15V4h10', edit: 'M4 20l1-4L16 5l3 3L8 19z',
  skip: 'M6 6l8 6-8 6zM18 6v12', refresh: 'M19 12a7 7 0 1 1-2-4.9M19 4v4h-4', send: 'M4 12h14M13 6l6 6-6 6',
  undo: 'M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2', bell: 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4', warn: 'M12 4l9 16H3zM12 10v4M12 17v.5',
};

export function icon(name) {
  return h('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, h('path', { d: shapes[name] }));
}
