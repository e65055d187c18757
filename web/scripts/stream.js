// One stream of events per browser. Whichever tab holds the lock reads it and passes everything on; when that tab goes, another one
// takes over behind the last event that it heard of. So twenty tabs cost the device as much as one.

import { open, Refusal, read } from './bridge.js';

const silence = 45_000;
const longestPause = 8_000;

/**
 * @param {(event: {name: string, data: object}) => void} hear
 * @param {(standing: 'live'|'offline'|'refused', last: number|null) => void} stand called when the standing changes, with the
 *   position of the last event.
 */
export function follow(hear, stand) {
  const channel = new BroadcastChannel('offload-events');
  let last = null;
  let standing = 'offline';
  let isReader = false;

  const change = (next) => {
    standing = next;
    stand(next, last);
    if (isReader) channel.postMessage({ standing, last });
  };
  const take = (event) => {
    if (event.id !== null) last = event.id;
    hear(event);
  };
  channel.onmessage = ({ data }) => {
    if (data.question && isReader) channel.postMessage({ standing, last });
    if (data.standing && !isReader) {
      last = data.last;
      change(data.standing);
    }
    if (data.event && !isReader) take(data.event);
  };
  channel.postMessage({ question: true });

  navigator.locks.request('offload-events', async () => {
    isReader = true;
    let pause = 500;
    for (;;) {
      try {
        await listen(last, (event) => {
          pause = 500;
          if (standing !== 'live') change('live');
          take(event);
          channel.postMessage({ event });
        });
      } catch (problem) {
        if (problem instanceof Refusal && problem.status === 401) {
          change('refused');
          return;
        }
      }
      change('offline');
      await waking(pause * (0.75 + Math.random() / 2));
      pause = Math.min(pause * 2, longestPause);
    }
  });
}

/** Waits, but no longer than until somebody looks or the network is back. */
function waking(time) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      document.removeEventListener('visibilitychange', done);
      resolve();
    };
    const timer = setTimeout(done, time);
    addEventListener('online', done);
    document.addEventListener('visibilitychange', done);
  });
}

/** The last events before a position, newest first: what happened before this page was opened. */
export async function recent(position, number) {
  const first = Math.max(0, position - number);
  const found = [];
  if (first === position) return found;
  const control = new AbortController();
  await listen(first, (event) => {
    if (event.id === null || event.name === 'connection_established' || event.name === 'stream_reset') return;
    found.unshift(event);
    if (event.id >= position) control.abort();
  }, control).catch(() => {});
  return found;
}

async function listen(last, hear, control = new AbortController()) {
  let watch = setTimeout(() => control.abort(), silence);
  try {
    const answer = await open('stream?projectId=*', {
      signal: control.signal, headers: last === null ? {} : { 'Last-Event-ID': String(last) },
    });
    if (!answer.ok) await read(answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => control.abort(), silence);
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const event = understood(block);
        if (event) hear(event);
      }
    }
  } finally {
    clearTimeout(watch);
  }
}

function understood(block) {
  const event = { id: null, name: null, data: null };
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) event.id = Number(line.slice(4));
    else if (line.startsWith('event: ')) event.name = line.slice(7);
    else if (line.startsWith('data: ')) event.data = JSON.parse(line.slice(6));
  }
  return event.data && event;
}
