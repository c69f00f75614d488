// A program with annotated functions under failures: calls end, wait and are cancelled, and a breaker opens.

import { randoms } from './random.mjs';

const NAMES = [
  'shop::charge', 'shop::refund', 'mail::send', 'stock::reserve', 'search::index', 'geo::lookup', 'files::upload',
  'users::fetch', 'billing::invoice', 'push::notify', 'rates::load', 'reports::render',
];
const ERRORS = [
  ['connection refused', 'transient'], ['429 Too Many Requests', 'throttled'], ['deadline of the attempt (2 s) has passed', 'ambiguous'],
  ['503 Service Unavailable: <b>upstream</b> is down', 'overloaded'], ['no such account', 'permanent'],
];
const HOSTS = ['web-1', 'web-2', 'web-3', 'batch-1', 'batch-2', 'batch-3'];
const SECONDS = 300;

export class Program {
  constructor({ functions, live, peers, hasTasks = true }) {
    this.hasTasks = hasTasks;
    this.random = randoms(7);
    this.id = 1;
    this.wantedLive = live;
    this.nextCall = 1;
    this.startedAt = Date.now() - 7_260_000;
    this.processes = Array.from({ length: peers + 1 }, (_, at) => this.process(at));
    this.functions = new Map(Array.from({ length: functions }, (_, at) => this.fn(at)).map((of) => [of.name, of]));
    this.live = new Map();
    this.breakers = new Map(this.newBreakers().map((of) => [of.id, of]));
    this.news = [];
    this.rates = { first_try: [], saved: [], failed: [] };
    for (let at = 0; at < SECONDS; at += 1) this.second(at > 200 && at < 260 ? 0.45 : 0.06);
    this.rateAt = Math.floor(Date.now() / 1_000) * 1_000;
    this.changed = this.nothing();
    while (this.live.size < live) this.newCall();
    this.say('breaker.transition', 'payments', 'closed to open: 5 of 20 calls failed');
    this.say('config.applied', 'retry.toml', 'shop::charge: max 3, was 2');
    this.changed = this.nothing();
  }

  nothing() {
    return { functions: new Set(), live: new Set(), liveGone: new Set(), breakers: new Set(), processes: new Set(), news: [] };
  }

  process(at) {
    const instance = `a${(0x1b2c3 + at * 0x3517).toString(16)}`;
    const peer = at === 0 ? {} : { peer: `http://10.0.0.${at + 1}:7600` };
    const isStale = at === 4;
    return {
      instance, name: 'shop', pid: 71 + at * 13, host: HOSTS[at % HOSTS.length], version: '1.4.0', started_at: this.startedAt + at * 61_000, has_tasks: this.hasTasks && at < 2,
      stale: isStale, ...(isStale ? { error: 'connection refused' } : {}), ...(at > 0 && !isStale ? { clock_ahead_ms: at === 3 ? 42_300 : 0 } : {}), ...peer,
    };
  }

  fn(at) {
    const name = at < NAMES.length ? NAMES[at] : `${NAMES[at % NAMES.length]}_${Math.floor(at / NAMES.length)}`;
    const calls = Math.floor(this.random() ** 3 * 90_000) + 20;
    const failed = Math.floor(calls * this.random() ** 4 * 0.2);
    const saved = Math.floor((calls - failed) * this.random() ** 2 * 0.3);
    const attempts = calls + failed * 3 + Math.floor(saved * 1.4);
    return {
      name, file: `src/${name.split('::')[0]}.rs`, line: 12 + at, is_async: at % 5 !== 3, ...(at === 1 ? { part_of: 'shop::charge' } : {}),
      calls, first_try: calls - failed - saved, saved, failed, cancelled: at % 3, unattempted: at % 4, attempts, retries: attempts - calls,
      amplification: attempts / calls, success_by_attempt: [calls - failed - saved, Math.ceil(saved * 0.8), Math.floor(saved * 0.2)],
      failures: { transient: attempts - calls, ...(at % 3 === 0 ? { throttled: failed } : {}) }, reasons: { success: calls - failed, exhausted: failed },
      ...(at % 3 === 0 ? { p50_ms: 4 + at * 1.5, p99_ms: 180 + at * 40 } : {}),
      waiting: 0, instances: Math.max(1, this.processes.length - 1),
      ...(at % 2 === 0 ? { budget: { name: at % 4 === 0 ? 'payments' : 'outbound', available: at === 6 ? 0.4 : 8.5, capacity: 10, owed: 0 } } : {}),
      ...(at % 3 === 0 ? { breaker: at % 2 === 0 ? 'payments' : 'search' } : {}),
      findings: at === 2 ? ['a deadline of 2 s leaves no time for the third attempt, which starts after 3 s'] : [],
    };
  }

  newBreakers() {
    return this.processes.filter(({ stale }) => !stale).flatMap(({ instance }, at) => [
      this.breaker(instance, 'payments', 'eu', at < 2 ? 'open' : 'closed'), this.breaker(instance, 'payments', 'us', 'closed'),
      this.breaker(instance, 'search', undefined, at === 3 ? 'half_open' : 'closed'),
    ]);
  }

  breaker(instance, name, key, mode) {
    const bad = mode === 'closed' ? 0.06 : 0.5;
    const window = Array.from({ length: 20 }, () => (this.random() < bad ? (this.random() < 0.2 ? 'x' : 'f') : this.random() < 0.08 ? 's' : '.')).join('');
    const failures = [...window].filter((cell) => cell === 'f' || cell === 'x').length;
    const at = Date.now() - 42_000;
    return {
      id: [instance, name, key].filter(Boolean).join('-'), instance, name, ...(key ? { key } : {}), mode, calls: 20, failures,
      slow: [...window].filter((cell) => cell === 's' || cell === 'x').length, failure_rate: failures / 20, rejected: mode === 'open' ? 118 : 0,
      in_flight: mode === 'half_open' ? 1 : 0, ...(mode === 'open' ? { next_admission_at: Date.now() + 60_000 } : {}), window,
      settings: 'window = 20, rate = 0.5, open = 60 s, probes = 3',
      transitions: mode === 'closed' ? [] : [{ at, from: 'closed', to: 'open', text: `${failures} of 20 calls failed` }, ...(mode === 'half_open' ? [{ at: at + 30_000, from: 'open', to: 'half_open', text: 'the pause is over' }] : [])],
    };
  }

  newCall() {
    const names = [...this.functions.keys()];
    const fresh = this.processes.filter(({ stale }) => !stale);
    const { instance } = fresh[this.nextCall % fresh.length];
    const [error, kind] = ERRORS[Math.floor(this.random() * 4)];
    const now = Date.now();
    const attempt = 1 + Math.floor(this.random() * 3);
    const call = {
      id: `${instance}-${this.nextCall++}`, instance, name: names[Math.floor(this.random() ** 2 * names.length)], attempt, limit: 4, state: 'waiting',
      next_at: now + 2_000 + Math.floor(this.random() * 60_000), deadline_at: now + 90_000, since_at: now - Math.floor(this.random() * 30_000), last_error: error, last_kind: kind,
    };
    this.live.set(call.id, call);
    const of = this.functions.get(call.name);
    this.functions.set(call.name, { ...of, waiting: of.waiting + 1 });
    this.changed.functions.add(call.name);
    return call;
  }

  second(failing) {
    const all = 36 + Math.floor(this.random() * 10);
    const failed = Math.floor(all * failing * 0.3 * this.random());
    const saved = Math.floor(all * failing * (0.6 + 0.4 * this.random()));
    for (const [key, count] of Object.entries({ first_try: all - failed - saved, saved, failed })) {
      this.rates[key] = [...this.rates[key], count].slice(-SECONDS);
    }
    return { all, saved, failed };
  }

  say(event, name, text) {
    const news = { at: Date.now(), instance: this.processes[0].instance, event, name, text };
    this.news = [...this.news, news].slice(-200);
    this.changed.news.push(news);
  }

  end(call, isSuccess) {
    this.live.delete(call.id);
    this.changed.live.delete(call.id);
    this.changed.liveGone.add(call.id);
    const of = { ...this.functions.get(call.name) };
    of.waiting -= 1;
    of.calls += 1;
    of.attempts += call.attempt + 1;
    of[isSuccess ? 'saved' : 'failed'] += 1;
    of.amplification = of.attempts / of.calls;
    this.functions.set(of.name, of);
    this.changed.functions.add(of.name);
  }

  /** Lets a tenth of a second pass; the delta, or nothing when nothing changed. */
  step(tasks) {
    const now = Date.now();
    for (const call of [...this.live.values()]) if (call.next_at <= now) this.end(call, this.random() < 0.7);
    let added = 0;
    while (this.live.size < this.wantedLive && added < 50) {
      this.changed.live.add(this.newCall().id);
      added += 1;
    }
    const second = Math.floor(now / 1_000) * 1_000;
    if (second > this.rateAt) {
      this.rateAt = second;
      this.second(0.08);
      for (const name of [...this.functions.keys()].slice(0, 5)) {
        const of = this.functions.get(name);
        const more = Math.ceil(this.random() * 8);
        this.functions.set(name, { ...of, calls: of.calls + more, first_try: of.first_try + more, attempts: of.attempts + more });
        this.changed.functions.add(name);
      }
    } else if (added === 0 && this.changed.liveGone.size + this.changed.breakers.size + this.changed.live.size === 0) return undefined;
    return this.delta(tasks);
  }

  delta(tasks) {
    const { functions, live, liveGone, breakers, processes, news } = this.changed;
    this.changed = this.nothing();
    this.id += 1;
    const parts = {
      functions: [...functions].map((name) => this.functions.get(name)), live: [...live].map((id) => this.live.get(id)).filter(Boolean), live_gone: [...liveGone],
      breakers: [...breakers].map((id) => this.breakers.get(id)), processes: this.processes.filter(({ instance }) => processes.has(instance)), news,
    };
    return { id: this.id, now_at: Date.now(), overview: this.overview(tasks), live_total: this.live.size, ...Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0)) };
  }

  overview(tasks) {
    const sum = (key) => [...this.functions.values()].reduce((total, of) => total + of[key], 0);
    const breakers = [...this.breakers.values()];
    const counts = tasks?.counts();
    const due = counts && { tasks_due: counts.due, ...(counts.oldest_due ? { oldest_due_ms: Date.now() - counts.oldest_due } : {}) };
    return {
      calls: sum('calls'), first_try: sum('first_try'), saved: sum('saved'), failed: sum('failed'), cancelled: sum('cancelled'), unattempted: sum('unattempted'), attempts: sum('attempts'),
      amplification: sum('attempts') / sum('calls'), waiting: this.live.size, breakers: breakers.length,
      not_closed: breakers.filter(({ mode }) => ['open', 'half_open', 'forced_open'].includes(mode)).length, ...due,
      rates: { at: this.rateAt, step_ms: 1_000, ...this.rates },
    };
  }

  snapshot(tasks) {
    const now = Date.now();
    return {
      id: this.id, now_at: now, processes: this.processes, overview: this.overview(tasks), functions: [...this.functions.values()],
      live: [...this.live.values()], live_total: this.live.size, breakers: [...this.breakers.values()], news: this.news,
    };
  }

  detail(name) {
    const of = this.functions.get(name);
    return of && { function: of, settings: settings(), calls: this.pastCalls(), errors: ERRORS.slice(0, 4).map(([text, kind], at) => ({ text, kind, count: 120 >> at, last_at: Date.now() - at * 35_000 - 4_000 })) };
  }

  pastCalls() {
    return Array.from({ length: 8 }, (_, at) => {
      const count = at === 3 ? 8 : 2 + (at % 3);
      const isSaved = at % 3 === 1;
      let started = 0;
      const attempts = Array.from({ length: count }, (__, index) => {
        const isLast = index === count - 1;
        const [error, kind] = ERRORS[(at + index) % 4];
        const failed = isSaved && isLast ? {} : { error, kind };
        const delay = isLast ? {} : { delay_ms: 200 * 2 ** Math.min(index, 4) * (0.5 + 0.5 * ((at * 7 + index * 3) % 10) / 10), delay_source: (at + index) % 4 === 1 ? 'hint' : 'backoff' };
        const attempt = { number: at === 3 && index > 3 ? index + 13 : index + 1, started_ms: started, duration_ms: 12 + ((at * 37 + index * 91) % 220), ...failed, ...delay };
        started += attempt.duration_ms + (attempt.delay_ms ?? 0);
        return attempt;
      });
      return { ended_at: Date.now() - 9_000 - at * 47_000, instance: this.processes[0].instance, reason: isSaved ? 'success' : at % 4 === 2 ? 'permanent' : 'exhausted', total_ms: started, omitted: at === 3 ? 12 : 0, attempts };
    });
  }

  configuration() {
    return {
      file: 'retry.toml', applied_at: this.startedAt + 3_000_000, operations: [...this.functions.keys()].map((name) => ({ name, settings: settings() })),
      changes: [
        { name: 'shop::charge', setting: 'max', before: '2', after: '3' }, { name: 'shop::charge', setting: 'deadline', before: 'none', after: '10 s' },
        { name: 'mail::send', setting: 'backoff', before: 'exponential', after: '[100ms, 1s, 5s]' }, { name: 'mail::send', setting: 'base', before: '200ms' },
      ].map((change) => ({ at: this.startedAt + 3_000_000, ...change, text: `${change.name}: ${change.setting} ${change.before} → ${change.after ?? 'nothing'}` }))
        .concat({ at: this.startedAt + 60_000, name: 'shop::charge', setting: 'max', before: '5', after: '2', text: 'shop::charge: max 5 → 2' }),
    };
  }

  orderLive(id, word) {
    const call = this.live.get(id);
    if (!call) return 'too_late';
    if (word === 'retry' && call.state !== 'waiting') return 'not_waiting';
    if (word === 'cancel') {
      this.live.set(id, { ...call, state: 'cancelling' });
      this.changed.live.add(id);
    }
    setTimeout(() => this.live.has(id) && this.end(call, word === 'retry'), 700);
    return 'done';
  }

  orderBreaker(id, word) {
    const of = this.breakers.get(id);
    const mode = { force_open: 'forced_open', force_close: 'closed', disable: 'disabled', shadow: 'shadow', probe: 'half_open', reset: 'closed' }[word];
    if (!of || !mode) return undefined;
    const { next_admission_at: _, ...rest } = of;
    this.breakers.set(id, { ...rest, mode, transitions: [...of.transitions, { at: Date.now(), from: of.mode, to: mode, text: 'by order of an operator' }] });
    this.changed.breakers.add(id);
    this.say('breaker.transition', of.name, `${of.mode} to ${mode}: by order`);
    return { answer: 'done' };
  }
}

const settings = () => [
  { setting: 'max', value: '3', origin: 'retry.toml' }, { setting: 'base', value: '200 ms', origin: 'attribute at src/shop.rs:12' }, { setting: 'cap', value: '10 s', origin: 'built-in' },
  { setting: 'backoff', value: 'exponential', origin: 'built-in' }, { setting: 'jitter', value: 'full', origin: 'built-in' }, { setting: 'deadline', value: '10 s', origin: 'retry.toml' },
];
