// A store of tasks, with filters, pages, groups, orders, and bulk orders that take time.

import { randoms } from './random.mjs';

const NAMES = ['mail::send', 'mail::digest', 'billing::invoice', 'export::run'];
const ERRORS = [['connection refused', 'transient'], ['429 Too Many Requests', 'throttled'], ['550 mailbox <unknown>', 'permanent']];
const PHASES = ['pending', 'running', 'waiting', 'complete', 'failed', 'cancelled'];
const PORTION = 400;

const phaseOf = ({ state }) => (state === 'held_back' ? 'waiting' : state);

export class Tasks {
  constructor(count, portion = PORTION) {
    this.portion = portion;
    this.random = randoms(11);
    const now = Date.now();
    this.all = new Map(Array.from({ length: count }, (_, at) => this.task(at, now)).map((task) => [task.id, task]));
    this.jobs = new Map();
    this.paused = new Set();
  }

  workers() {
    const running = [...this.all.values()].filter(({ state }) => state === 'running');
    const worker = (number, name, slots, functions, its) => ({ number, name, slots, paused: this.paused.has(number), functions, running: its });
    return { workers: [worker(1, 'pid 71', 64, NAMES, running), worker(2, 'web-1 exports', 2, ['export::run'], [])], elsewhere: [], is_cut: false };
  }

  orderWorker(number, word) {
    if (word === 'pause') this.paused.add(number);
    else this.paused.delete(number);
    return { answer: 'done' };
  }

  schedule(limit) {
    const now = Date.now();
    const all = [...this.all.values()].filter(({ due_at: at }) => at > now).sort((a, b) => a.due_at - b.due_at);
    return { tasks: all.slice(0, limit), scheduled: all.length };
  }

  task(at, now) {
    const dice = this.random();
    const state = at === 0 ? 'running' : at === 1 ? 'held_back' : dice < 0.5 ? 'failed' : dice < 0.8 ? 'complete' : dice < 0.9 ? 'waiting' : dice < 0.96 ? 'cancelled' : 'pending';
    const created = now - at * 9_000 - 30_000;
    const [error, kind] = ERRORS[at % 3];
    const retries = state === 'pending' ? 0 : 1 + (at % 3);
    const due = state === 'waiting' ? now + 5_000 + at * 400 : state === 'pending' || state === 'held_back' ? now - 20_000 : undefined;
    return {
      id: `018bcfe5-6800-7000-8000-${(0xffffffffffff - at).toString(16).padStart(12, '0')}`, name: NAMES[at % NAMES.length], state,
      ...(state === 'waiting' ? { next_attempt_at: due } : {}), ...(state === 'held_back' ? { since: due } : {}), ...(state === 'failed' ? { reason: 'exhausted' } : {}),
      ...(state === 'running' ? { progress: { fraction: 0.4, message: 'page 40 of 100' }, eta: now + 45_000 } : {}),
      retry_count: retries, max_retries: 3, can_retry: state === 'failed' || state === 'cancelled', created_at: created, ...(due ? { due_at: due } : {}),
      ...(retries > 0 ? { started_at: created + 40, last_error: error, last_kind: kind, worker: 'pid 71' } : {}),
      ...(['complete', 'failed', 'cancelled'].includes(state) ? { ended_at: created + 9_000 } : {}),
    };
  }

  full(id) {
    const task = this.all.get(id);
    if (!task) return undefined;
    let started = task.started_at;
    const history = Array.from({ length: started ? task.retry_count + (task.state === 'waiting' ? 0 : 1) : 0 }, (_, at) => {
      const isLast = at === task.retry_count;
      const outcome = isLast && task.state === 'running' ? 'running' : isLast && task.state === 'complete' ? 'succeeded' : 'failed';
      const entry = {
        attempt: at + 1, fence: at + 1, started, ended: outcome === 'running' ? null : started + 300 + at * 120, outcome, kind: outcome === 'failed' ? task.last_kind : null,
        error: outcome === 'failed' ? task.last_error : null, delay: outcome === 'failed' && !isLast ? { secs: 1 + at, nanos: 500_000_000 } : null, delay_source: outcome === 'failed' && !isLast ? 'backoff' : null, worker: 'pid 71',
      };
      started = (entry.ended ?? started) + 1_500 + at * 1_000;
      return entry;
    });
    return { ...task, arguments: { to: 'a@example.org', card: '<redacted>', items: [1, 2, 3] }, ...(task.state === 'complete' ? { result: { sent: true } } : {}), history };
  }

  matching({ phase, name, kind, error, group, attempts, since, until }) {
    const withoutDigits = (text) => text?.replace(/\d/g, '');
    const phases = phase ? phase.split(',') : [];
    return [...this.all.values()].filter((task) => (phases.length === 0 || phases.includes(phaseOf(task)))
      && (!name || (name.endsWith('*') ? task.name.startsWith(name.slice(0, -1)) : task.name === name)) && (!kind || task.last_kind === kind)
      && (!error || task.last_error?.includes(error)) && (!group || withoutDigits(task.last_error) === withoutDigits(group)) && (!attempts || task.retry_count + 1 >= Number(attempts)) && (!since || task.created_at >= Number(since)) && (!until || task.created_at < Number(until)));
  }

  counts(tasks = [...this.all.values()]) {
    const now = Date.now();
    const counts = Object.fromEntries(PHASES.map((phase) => [phase, 0]));
    for (const task of tasks) counts[phaseOf(task)] += 1;
    const due = tasks.filter(({ state, due_at: at }) => (state === 'pending' || state === 'waiting') && at <= now);
    const oldest = Math.min(...due.map(({ due_at: at }) => at));
    return { ...counts, due: due.length, held_back: tasks.filter(({ state }) => state === 'held_back').length, ...(due.length > 0 ? { oldest_due: oldest } : {}) };
  }

  page(parameters) {
    const query = Object.fromEntries(parameters);
    const matching = this.matching(query);
    const from = query.after ? matching.findIndex(({ id }) => id === query.after) + 1 : 0;
    const tasks = matching.slice(from, from + Number(query.limit ?? 50));
    const groups = new Map();
    for (const { last_error: error } of matching) if (error) groups.set(error, (groups.get(error) ?? 0) + 1);
    return {
      counts: this.counts(), functions: NAMES.map((name) => ({ name, counts: this.counts([...this.all.values()].filter((task) => task.name === name)) })),
      tasks, ...(from + tasks.length < matching.length && tasks.length > 0 ? { next: tasks.at(-1).id } : {}), groups: [...groups].map(([error, count]) => ({ error, count })).sort((a, b) => b.count - a.count),
    };
  }

  order(id, word) {
    const task = this.all.get(id);
    if (!task) return undefined;
    if (word === 'retry' && !task.can_retry) return { answer: 'not_failed' };
    if (word === 'delete') {
      if (!['complete', 'failed', 'cancelled'].includes(task.state)) return { answer: 'not_ended' };
      this.all.delete(id);
      return { answer: 'done' };
    }
    const state = word === 'retry' ? 'pending' : 'cancelled';
    this.all.set(id, { ...task, state, can_retry: state === 'cancelled', ...(word === 'retry' ? { due_at: Date.now() } : { ended_at: Date.now(), due_at: undefined }) });
    return { answer: 'done' };
  }

  bulk(order, filter) {
    const ids = this.matching(filter).map(({ id }) => id);
    const job = { job: this.jobs.size + 1, order, done: 0, refused: 0, total: ids.length, state: 'running' };
    this.jobs.set(job.job, job);
    const work = () => {
      for (const id of ids.splice(0, this.portion)) job[this.order(id, order).answer === 'done' ? 'done' : 'refused'] += 1;
      if (job.state === 'running' && ids.length === 0) job.state = 'done';
      if (job.state === 'running') setTimeout(work, 150);
    };
    setTimeout(work, 50);
    return job.job;
  }

  job(id) {
    return this.jobs.get(id);
  }

  stop(id) {
    const job = this.jobs.get(id);
    if (job?.state === 'running') job.state = 'stopped';
    return job;
  }
}
