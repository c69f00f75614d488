// The one connection that keeps the page up to date.

import { POLICY, delay } from './backoff.js';
import { reader } from './sse.js';

/** The server sends at least a comment every 5 s. */
export const STALE_AFTER_MS = 6_000;
const DEAD_AFTER_MS = 15_000;

/**
 * Reads `api/stream` and connects again after a failure. `onEvent(name, data)` gets the events, `onChange()` tells
 * that `status` changed: its `phase` is `connecting`, `live`, `retrying` (until `retryAt`) or `token`.
 */
export function openStream({ onEvent, onChange, now = () => performance.now() }) {
  const status = { phase: 'connecting', retries: 0, retryAt: 0, heardAt: now(), error: '' };
  let lastId = '';
  let abort;
  let timer;
  let isClosed = false;

  const become = (changes) => {
    Object.assign(status, changes);
    onChange();
  };
  const heard = () => {
    status.heardAt = now();
  };

  async function connect() {
    clearTimeout(timer);
    abort?.abort();
    const mine = new AbortController();
    abort = mine;
    if (status.phase !== 'connecting') become({ phase: 'connecting' });
    try {
      await follow(mine.signal);
      throw new Error('the server ended the stream');
    } catch (error) {
      if (abort === mine && !isClosed) again(error);
    }
  }

  async function follow(signal) {
    const headers = { Accept: 'text/event-stream' };
    if (lastId) headers['Last-Event-ID'] = lastId;
    const response = await fetch('api/stream', { headers, signal, cache: 'no-store', credentials: 'same-origin' });
    if (response.status === 401) {
      become({ phase: 'token' });
      return new Promise(() => {});
    }
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    heard();
    const read = reader({ onEvent: take, onComment: heard });
    const body = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await body.read();
      if (done) return undefined;
      heard();
      read(value);
    }
  }

  function take({ id, event, data }) {
    if (event !== 'snapshot' && event !== 'delta') return;
    try {
      onEvent(event, JSON.parse(data));
    } catch (error) {
      lastId = '';
      throw error;
    }
    lastId = id || lastId;
    if (status.phase !== 'live') become({ phase: 'live', retries: 0, error: '' });
  }

  function again(error) {
    if (status.phase === 'token') return;
    const retries = status.retries + 1;
    const wait = delay(POLICY, retries);
    timer = setTimeout(connect, wait);
    become({ phase: 'retrying', retries, retryAt: now() + wait, error: describe(error) });
  }

  // A connection that is silent for too long is given up: its other end may be gone without a word.
  const watch = setInterval(() => {
    if (status.phase !== 'retrying' && status.phase !== 'token' && now() - status.heardAt > DEAD_AFTER_MS) {
      abort?.abort();
      abort = undefined;
      heard();
      again(new Error('the server was silent'));
    }
  }, 1_000);

  connect();
  return {
    status,
    /** Connects at once instead of at the end of the delay. */
    retryNow: () => status.phase === 'retrying' && connect(),
    /** Begins with a snapshot again. */
    restart() {
      lastId = '';
      connect();
    },
    needToken() {
      abort?.abort();
      become({ phase: 'token' });
    },
    close() {
      isClosed = true;
      clearInterval(watch);
      clearTimeout(timer);
      abort?.abort();
    },
  };
}

// Browsers word a refused connection differently, and none of them helpfully.
function describe(error) {
  return error instanceof TypeError ? 'the server does not answer' : error.message;
}
