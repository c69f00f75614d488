// The server's clock, as seen from here. Countdowns use it, so a wrong clock on this machine does no harm.

const SAMPLES = 20;

/**
 * Learns the server's time from messages. Each message is late by the unknown time of its way, so the largest
 * difference of the last messages is the nearest. `monotonic` is a clock that nobody sets.
 */
export function serverClock(monotonic = () => performance.now()) {
  const differences = [];
  let offset;
  return {
    learn(nowAt) {
      if (typeof nowAt !== 'number') return;
      differences.push(nowAt - monotonic());
      if (differences.length > SAMPLES) differences.shift();
      offset = Math.max(...differences);
    },
    /** Milliseconds since 1970 on the server; on this machine before the first message. */
    now() {
      return offset === undefined ? Date.now() : offset + monotonic();
    },
  };
}
