// One stream of events per browser. Whichever tab holds the lock reads it and passes everything on; when that tab goes, another one
// takes over behind the last event that it heard of. So twenty tabs cost the device as much as one.

import { open, Refusal, read as readAnswer } from './bridge.js';

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
  let standing = 'connecting';
  let reading = null;
  let beaten = Date.now();
  let wake = () => {};

  const change = (next) => {
    standing = next;
    stand(next, last);
    // That a key is wrong is said of this tab alone: another one may have the right one.
    if (reading && next !== 'refused') channel.postMessage({ standing, last });
  };
  const take = (event) => {
    if (event.id !== null) last = event.id;
    try {
      hear(event);
    } catch (problem) {
      console.error(problem);
    }
  };
  channel.onmessage = ({ data }) => {
    if (reading) {
      if (!data.question) return;
      wake();
      channel.postMessage({ standing, last });
      return;
    }
    beaten = Date.now();
    if (data.standing) {
      last = data.last;
      if (data.standing !== standing) change(data.standing);
    }
    if (data.event) take(data.event);
  };

  const read = async (turn) => {
    let pause = 500;
    while (reading === turn) {
      try {
        await listen(last, (event) => {
          pause = 500;
          if (standing !== 'live') change('live');
          take(event);
          channel.postMessage({ event });
        }, turn.control = new AbortController(), () => channel.postMessage({ beat: true }));
      } catch (problem) {
        if (problem instanceof Refusal && problem.status === 401) return change('refused');
        if (!(problem instanceof Refusal || problem instanceof TypeError || problem.name === 'AbortError')) console.error(problem);
      }
      if (reading !== turn) return undefined;
      change('offline');
      await new Promise((resolve) => {
        wake = resolve;
        waking(pause * (0.75 + Math.random() / 2)).then(resolve);
      });
      pause = Math.min(pause * 2, longestPause);
    }
    return undefined;
  };
  const lead = (options) => {
    const turn = {};
    return navigator.locks.request('offload-events', options, () => {
      reading = turn;
      return read(turn);
    }).catch(() => {
      // Another tab took it: this one had been silent for too long.
      if (reading === turn) reading = null;
      turn.control?.abort();
      beaten = Date.now();
      lead({});
    });
  };
  lead({});
  channel.postMessage({ question: true });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && !reading) channel.postMessage({ question: true });
  });
  setInterval(() => {
    // A tab that reads and says nothing is asleep; somebody who looks at this one does not want to wait for it.
    if (reading || document.hidden || Date.now() - beaten < silence) return;
    beaten = Date.now();
    if (standing === 'live') change('offline');
    lead({ steal: true });
  }, 5_000);
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
  // Whatever else happens: this is not worth a connection for long.
  const end = setTimeout(() => control.abort(), 5_000);
  await listen(first, (event) => {
    if (event.name === 'stream_reset') control.abort();
    if (event.id === null || event.name === 'connection_established' || event.name === 'stream_reset') return;
    found.unshift(event);
    if (event.id >= position) control.abort();
  }, control).catch(() => {});
  clearTimeout(end);
  return found;
}

async function listen(last, hear, control, beat = () => {}) {
  let watch = setTimeout(() => control.abort(), silence);
  try {
    const answer = await open('stream?projectId=*', {
      signal: control.signal, headers: last === null ? {} : { 'Last-Event-ID': String(last) },
    });
    if (!answer.ok) await readAnswer(answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => control.abort(), silence);
      beat();
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const event = understood(block);
        if (event) hear(event);
      }
    }
  } finally {
    clearTimeout(watch);
    control.abort();
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
