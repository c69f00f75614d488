// What a simulation answers: numbers of a kind that the server gives, and a picture of the same form.

const NAMES = ['this policy', 'the default', 'AWS, standard mode', 'no retries'];

/** The answer to `api/simulate`, or the text of an error. */
export function simulated(query) {
  const policy = query.get('policy') ?? '';
  if (/\bmx\b/.test(policy)) return { error: `\`policy\` (${policy}): unknown key \`mx\`; did you mean \`max\`?` };
  const seed = Number(query.get('seed') || 1);
  const name = query.get('function') || NAMES[0];
  const rows = [name, ...NAMES.slice(1)].map((row, at) => ({
    name: row, ...(at === 2 ? {} : { recovered_s: 9 + seed + at }), calls: 45_500, succeeded: 40_000 - 1_000 * at, saved: 20, failed: 5_500 + 1_000 * at, attempts: 48_000,
    amplification: 1 + at / 20, peak: 1_800, refused_by_budget: 7_000, refused_by_breaker: 0, load: Array(75).fill(700), success: Array(75).fill(1),
    ...(query.get('function') && at === 0 ? { note: 'the function is not declared `idempotent`' } : {}),
  }));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 660" role="img" aria-labelledby="storm-title storm-desc"><title id="storm-title">Load and successes during an outage, by retry policy</title><desc id="storm-desc">${name}: recovered</desc><text class="storm-text" x="76" y="28">Load</text><path class="storm-0" fill="none" d="M76 300L900 200"/></svg>`;
  return { outage: { clients: 700, rate: 1, capacity: 1_000, stall_ms: 5_000, timeout_ms: 1_000, watch_ms: 60_000, seed }, from_s: -10, rows, svg };
}
