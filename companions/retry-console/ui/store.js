// The state of the program as the server tells it: a snapshot, and deltas applied to it.
//
// Entries are kept in maps and replaced whole, so that a delta costs what it contains and an unchanged entry keeps its
// identity. Every part has a version, which changes with the part.

const NEWS_KEPT = 200;

const PARTS = {
  processes: { key: (entry) => entry.instance ?? entry.peer, gone: 'processes_gone' },
  functions: { key: (entry) => entry.name, gone: 'functions_gone' },
  live: { key: (entry) => entry.id, gone: 'live_gone' },
  breakers: { key: (entry) => entry.id, gone: 'breakers_gone' },
};

/** The state before the first snapshot. */
export function empty() {
  const state = {
    id: undefined, nowAt: undefined, role: 'view', isKnown: false, overview: {}, liveTotal: 0, news: [],
    pending: new Map(), versions: { overview: 0, news: 0, pending: 0 },
  };
  for (const part of Object.keys(PARTS)) {
    state[part] = new Map();
    state.versions[part] = 0;
  }
  return state;
}

/** Replaces everything with a snapshot. */
export function applySnapshot(state, data) {
  for (const [part, { key }] of Object.entries(PARTS)) {
    state[part] = new Map((data[part] ?? []).map((entry) => [key(entry), entry]));
    state.versions[part] += 1;
  }
  state.role = data.role ?? 'view';
  state.isKnown = true;
  state.news = data.news ?? [];
  state.versions.news += 1;
  head(state, data);
  settle(state, [...state.pending.keys()]);
}

/** Applies the parts that a delta contains. */
export function applyDelta(state, data) {
  for (const [part, { key, gone }] of Object.entries(PARTS)) {
    const changed = data[part] ?? [];
    const removed = data[gone] ?? [];
    if (changed.length + removed.length === 0) continue;
    for (const name of removed) state[part].delete(name);
    for (const entry of changed) {
      if (part === 'processes') forgetFormer(state.processes, entry);
      state[part].set(key(entry), entry);
    }
    state.versions[part] += 1;
  }
  if (data.news?.length > 0) {
    state.news = newest([...state.news, ...data.news]);
    state.versions.news += 1;
  }
  head(state, data);
  if (state.pending.size > 0) settle(state, [...state.pending.keys()]);
}

/** Whether news are of a single call. A busy program has many of them. */
export const isOfOneCall = ({ event = '' }) => /^(call|attempt|retry)\./.test(event) || event === 'breaker.rejected';

// The news to keep: single calls make room for the rest, which is rarer and says more.
function newest(news) {
  let superfluous = news.length - NEWS_KEPT;
  return news.filter((entry) => superfluous <= 0 || !isOfOneCall(entry) || (superfluous -= 1) < 0).slice(-NEWS_KEPT);
}

function head(state, data) {
  state.id = data.id ?? state.id;
  state.nowAt = data.now_at ?? state.nowAt;
  if (data.role) state.role = data.role;
  if (data.overview) {
    state.overview = data.overview;
    state.versions.overview += 1;
  }
  if (data.live_total !== undefined) state.liveTotal = data.live_total;
}

// A peer that restarted answers with a new instance: it replaces the entry of the same address.
function forgetFormer(processes, entry) {
  if (entry.peer === undefined) return;
  for (const [key, former] of processes) {
    if (former.peer === entry.peer && key !== (entry.instance ?? entry.peer)) processes.delete(key);
  }
}

/** Remembers that an order was given for a live call, until the server shows its effect. */
export function expect(state, id, order) {
  const call = state.live.get(id);
  state.pending.set(id, { order, attempt: call?.attempt, nextAt: call?.next_at });
  state.versions.pending += 1;
}

/** Forgets an order that the server refused. */
export function giveUp(state, id) {
  if (state.pending.delete(id)) state.versions.pending += 1;
}

// An order is done when its call is gone, or, for a retry, when its next attempt has begun.
function settle(state, ids) {
  for (const id of ids) {
    const { order, attempt, nextAt } = state.pending.get(id);
    const call = state.live.get(id);
    const hasMoved = call && (call.attempt !== attempt || call.next_at !== nextAt || call.state !== 'waiting');
    if (!call || (order === 'retry' && hasMoved)) giveUp(state, id);
  }
}

/** What a call does now: the server's word, or the order that waits for the server. */
export function stateOf(call, pending) {
  if (call.state === 'cancelling' || pending?.order === 'cancel') return 'cancelling';
  return pending?.order === 'retry' ? 'starting' : call.state;
}

/** The state as a snapshot, for comparison with the server's. */
export function asSnapshot(state) {
  return {
    id: state.id, now_at: state.nowAt, role: state.role, processes: [...state.processes.values()],
    overview: state.overview, functions: [...state.functions.values()], live: [...state.live.values()],
    live_total: state.liveTotal, breakers: [...state.breakers.values()], news: state.news,
  };
}
