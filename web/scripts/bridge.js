// The Bridge API. The page has a session of its own, never the device's key. The session's key lives as long as the tab: it is in no
// cookie, in no address, and no other site can ride on it.

const storage = 'offload-session';
let key = sessionStorage.getItem(storage);

/** What the device refused, in its own words. */
export class Refusal extends Error {
  constructor(status, kind, message) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

export const hasKey = () => key !== null;

export function keep(newKey) {
  key = newKey;
  if (key === null) sessionStorage.removeItem(storage); else sessionStorage.setItem(storage, key);
}

/** Swaps the secret of a link, or the device's key, for a session. */
export async function redeem(secret) {
  keep((await ask('POST', 'session', { secret })).key);
}

/** Opens a request; the answer may go on for as long as it likes. */
export function open(path, { signal, headers } = {}) {
  return fetch(`/api/bridge/${path}`, { headers: { 'X-Bridge-API-Key': key ?? '', ...headers }, signal, cache: 'no-store' });
}

export const get = (path, query) => ask('GET', path + tail(query));
export const post = (path, body = {}) => ask('POST', path, body);
export const patch = (path, body) => ask('PATCH', path, body);
export const remove = (path) => ask('DELETE', path);

function tail(query) {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? `?${new URLSearchParams(pairs).toString().replaceAll('+', '%20')}` : '';
}

async function ask(method, path, body) {
  const headers = { 'X-Bridge-API-Key': key ?? '' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(`/api/bridge/${path}`, { method, headers, body: body && JSON.stringify(body), cache: 'no-store' });
  } catch {
    throw new Refusal(0, 'offline', 'The device does not answer. Is it running? Start it with: offload serve');
  }
  return read(answer);
}

export async function read(answer) {
  if (answer.status === 204) return null;
  let content;
  try {
    content = await answer.json();
  } catch {
    throw new Refusal(answer.status, 'device', 'The device gave an answer that this page does not understand; reload it.');
  }
  if (!answer.ok) throw new Refusal(answer.status, content.error, content.message);
  return content;
}
