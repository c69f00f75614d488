import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWords, phasesFor, toParameters, togglePhase } from '../../ui/filter.js';
import { groups, groupText } from '../../ui/breakers.js';
import { changesOf } from '../../ui/configuration.js';
import { stacked } from '../../ui/chart.js';
import { problems } from '../../ui/overview.js';
import { segments } from '../../ui/waterfall.js';
import { cardHeight, sorted, windowOf } from '../../ui/table.js';

test('a table draws the rows in view and a few around them', () => {
  assert.deepEqual(windowOf(0, 400, 40, 10_000, 8), [0, 18]);
  assert.deepEqual(windowOf(40_000, 400, 40, 10_000, 8), [992, 1_018]);
  assert.deepEqual(windowOf(400_000, 400, 40, 10_000, 8), [9_992, 10_000]);
  assert.deepEqual(windowOf(40_000, 400, 40, 3, 8), [3, 3]);
  assert.deepEqual(windowOf(0, 400, 40, 0, 8), [0, 0]);
});

test('rows without a value come last in both directions, and equal ones keep their order', () => {
  const columns = [{ id: 'a', value: (row) => row.a }];
  const rows = [{ a: 1, n: 1 }, { n: 2 }, { a: 3, n: 3 }, { a: 1, n: 4 }];
  assert.deepEqual(sorted(rows, columns, 'a').map(({ n }) => n), [1, 4, 3, 2]);
  assert.deepEqual(sorted(rows, columns, '-a').map(({ n }) => n), [3, 1, 4, 2]);
  assert.equal(sorted(rows, columns, 'unknown'), rows);
});

test('two columns share a line of a card, unless a whole line comes between them', () => {
  assert.equal(cardHeight([{}, { isFull: true }, {}]) - cardHeight([{}, {}, { isFull: true }]), 27);
  assert.equal(cardHeight([{ isFull: true }, {}, {}, {}]) - cardHeight([{ isFull: true }, {}]), 27);
});

test('a phase is switched on and off', () => {
  assert.equal(togglePhase({}, 'failed'), 'failed');
  assert.equal(togglePhase({ phase: 'failed' }, 'pending'), 'pending,failed');
  assert.equal(togglePhase({ phase: 'pending,failed' }, 'failed'), 'pending');
});

test('a bulk order takes only phases that it can act on', () => {
  assert.deepEqual(phasesFor('retry', {}), ['failed']);
  assert.deepEqual(phasesFor('retry', { phase: 'failed,complete' }), ['failed']);
  assert.deepEqual(phasesFor('retry', { phase: 'running' }), []);
  assert.deepEqual(phasesFor('cancel', {}), ['pending', 'running', 'waiting']);
});

test('tasks that have not ended are not deleted', () => {
  assert.deepEqual(phasesFor('delete', {}), ['complete', 'failed', 'cancelled']);
  assert.deepEqual(phasesFor('delete', { phase: 'running,failed' }), ['failed']);
});

test('the question before a bulk order names the whole filter', () => {
  assert.equal(inWords(['failed'], { name: 'mail::*', kind: 'transient', error: 'refused', attempts: '3' }), 'every failed task, of functions that begin with mail::, whose last failure is transient, whose last failure contains “refused”, with at least 3 attempts');
});

test('the API gets times instead of ages, the same for a minute', () => {
  const first = toParameters({ within: '3600000', phase: 'failed' }, 7_200_000);
  assert.deepEqual(first, { phase: 'failed', since: 3_600_000 });
  assert.deepEqual(toParameters({ within: '3600000', phase: 'failed' }, 7_259_999), first);
});

test('breakers of one name are counted over processes and keys, the worst name first', () => {
  const of = (name, ...modes) => modes.map((mode) => ({ name, mode }));
  const all = groups([...of('a', 'closed', 'closed'), ...of('b', 'open', 'forced_open', 'half_open', 'closed', 'shadow'), ...of('c', 'half_open', 'closed'), ...of('d', 'open')]);
  assert.deepEqual(all.map(({ name }) => name), ['b', 'c', 'd', 'a']);
  assert.deepEqual(all.map(groupText), ['2 of 5 open, 1 half-open', '1 half-open, of 2', 'open', 'none of 2 open']);
});

test('the settings that one configuration changed are one change, the last one first', () => {
  const of = (at, name) => ({ at, name, setting: 'max', before: '1', after: '2' });
  const changes = changesOf([of(1, 'b'), of(2, 'c'), of(2, 'a')]);
  assert.deepEqual(changes.map(({ at, lines }) => [at, lines.map(({ name }) => name)]), [[2, ['a', 'c']], [1, ['b']]]);
});

test('a waterfall shows attempts and the pauses between them', () => {
  const attempts = [{ startedMs: 20, durationMs: 20, isFailed: true }, { startedMs: 60, durationMs: 40 }];
  assert.deepEqual(segments(attempts, 100, true).map(({ kind, at, wide }) => [kind, at, wide]), [['pause', 0, 0.2], ['failed', 0.2, 0.2], ['pause', 0.4, 0.2], ['ok', 0.6, 0.4]]);
});

test('an attempt of no length can be seen, and stays inside the bar', () => {
  const [part] = segments([{ startedMs: 100, durationMs: 0, isFailed: true }], 100);
  assert.ok(part.wide > 0 && part.at + part.wide <= 1);
  assert.ok(segments([{ startedMs: 0, durationMs: 0 }], 0).every(({ at, wide }) => Number.isFinite(at) && Number.isFinite(wide)));
});

test('the chart is five minutes long, and its outcomes are stacked', () => {
  const [times, first, saved, all] = stacked({ at: 1_000_000, step_ms: 1_000, first_try: [3, 4], saved: [0, 1], failed: [2, 0] });
  assert.deepEqual([times.length, times[0], times.at(-1)], [300, 701, 1_000]);
  assert.deepEqual([first, saved, all].map((row) => row.slice(-3)), [[0, 3, 4], [0, 3, 5], [0, 5, 5]]);
  assert.equal(stacked(undefined)[0].length, 300);
  assert.equal(stacked({ at: 0, step_ms: 0, first_try: [], saved: [], failed: [] })[0].length, 300, 'a program that has just started');
});

test('the overview names stale processes, open breakers, findings, spent budgets and late tasks', () => {
  const state = {
    processes: new Map([['x', { instance: 'x', peer: 'http://b', stale: true }]]), breakers: new Map([['x-p', { id: 'x-p', name: 'p', key: 'eu', mode: 'open', transitions: [] }], ['x-q', { id: 'x-q', name: 'q', mode: 'closed' }]]),
    functions: new Map([['f', { name: 'f', findings: ['slow'], budget: { available: 0.2, capacity: 10 } }]]), overview: { tasks_due: 2, oldest_due_ms: 60_000 },
  };
  assert.deepEqual(problems(state, true, 0).map(({ text }) => text), ['http://b does not answer', 'breaker p [eu] is open', 'f', 'f may not retry', '2 tasks due']);
  assert.equal(problems(state, false, 0).length, 4);
});
