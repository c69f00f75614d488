// The page's connection to the program: the stream feeds the store, and the store's changes are drawn once per frame.

import { whenUnauthorised } from './api.js';
import { serverClock } from './clock.js';
import { applyDelta, applySnapshot, empty } from './store.js';
import { STALE_AFTER_MS, openStream } from './stream.js';

export const state = empty();

const clock = serverClock();
/** Milliseconds since 1970 by the server's clock. */
export const now = () => clock.now();

// A rendering that took long is followed by a pause that is some times longer, so that a slow machine stays usable.
const PAUSE_FACTOR = 4;

let draw = () => {};
let isDue = false;
let notBefore = 0;

/** Asks for one rendering in the next frame, however often it is called until then. */
export function changed() {
  if (isDue) return;
  isDue = true;
  const wait = notBefore - performance.now();
  if (wait > 16) setTimeout(request, wait);
  else request();
}

// A page in the background gets no frames: the state stays current, and is drawn when somebody looks.
const request = () => requestAnimationFrame(() => {
  isDue = false;
  const start = performance.now();
  draw();
  const end = performance.now();
  notBefore = end + (end - start) * PAUSE_FACTOR;
});

export let stream;

/** Connects; `redraw` renders the page. */
export function start(redraw) {
  draw = redraw;
  stream = openStream({
    onEvent(name, data) {
      (name === 'snapshot' ? applySnapshot : applyDelta)(state, data);
      clock.learn(data.now_at);
      changed();
    },
    onChange: changed,
  });
  whenUnauthorised(stream.needToken);
  addEventListener('online', stream.retryNow);
  document.addEventListener('visibilitychange', () => document.hidden || stream.retryNow());
}

/** The milliseconds since the last sign of life, when they are too many; 0 otherwise. */
export function staleness() {
  const silence = performance.now() - stream.status.heardAt;
  return stream.status.phase !== 'live' || silence >= STALE_AFTER_MS ? silence : 0;
}

/** Whether the reader may give orders. The server checks each order; this only hides buttons that it would refuse. */
export const mayOperate = () => state.role === 'operate';
