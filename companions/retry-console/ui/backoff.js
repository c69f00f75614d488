// The retry policy of the page's own connection: what the program does for its calls, the page does for its stream.

/** An exponential backoff with full jitter and no limit of attempts. */
export const POLICY = { backoff: 'exponential', base_ms: 500, cap_ms: 15_000, jitter: 'full' };

/** The longest delay before retry `retry`, from 1: base, twice base, four times …, at most the cap. */
export function ceiling(policy, retry) {
  return Math.min(policy.cap_ms, policy.base_ms * 2 ** Math.min(retry - 1, 52));
}

/** The delay before retry `retry`: with full jitter any length from 0 to the ceiling. */
export function delay(policy, retry, random = Math.random) {
  const most = ceiling(policy, retry);
  return policy.jitter === 'full' ? Math.floor(random() * most) : most;
}
