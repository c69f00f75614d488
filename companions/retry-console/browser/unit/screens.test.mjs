import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWords, phasesFor, toParameters, togglePhase } from '../../ui/filter.js';
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

test('two columns share a line of a card', () => {
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

test('the question before a bulk order names the whole filter', () => {
  assert.equal(inWords(['failed'], { name: 'mail::*', kind: 'transient', error: 'refused', attempts: '3' }), 'every failed task, of functions that begin with mail::, whose last failure is transient, whose last failure contains “refused”, with at least 3 attempts');
});

test('the API gets times instead of ages, the same for a minute', () => {
  const first = toParameters({ within: '3600000', phase: 'failed' }, 7_200_000);
  assert.deepEqual(first, { phase: 'failed', since: 3_600_000 });
  assert.deepEqual(toParameters({ within: '3600000', phase: 'failed' }, 7_259_999), first);
});
