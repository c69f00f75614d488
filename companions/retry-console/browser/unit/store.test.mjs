import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Program } from '../mock/program.mjs';
import { applyDelta, applySnapshot, asSnapshot, empty, expect, giveUp, stateOf } from '../../ui/store.js';

const sorted = (snapshot) => {
  const by = (key) => (a, b) => String(a[key]).localeCompare(String(b[key]));
  return {
    ...snapshot, functions: [...snapshot.functions].sort(by('name')), live: [...snapshot.live].sort(by('id')), breakers: [...snapshot.breakers].sort(by('id')),
  };
};
const copy = (value) => JSON.parse(JSON.stringify(value));
const call = (id, more = {}) => ({ id, name: 'a::b', attempt: 1, limit: 3, state: 'waiting', next_at: 5, ...more });

function known(...calls) {
  const state = empty();
  applySnapshot(state, { id: 1, now_at: 0, role: 'operate', live: calls, live_total: calls.length });
  return state;
}

test('a snapshot and the deltas after it make the snapshot of the server', (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_764_212_345_678 });
  const program = new Program({ functions: 20, live: 30, peers: 3 });
  const state = empty();
  applySnapshot(state, copy(program.snapshot()));
  for (let step = 0; step < 400; step += 1) {
    t.mock.timers.tick(100);
    const delta = program.step();
    if (step % 37 === 0) program.orderBreaker([...program.breakers.keys()][step % 9], step % 2 ? 'reset' : 'force_open');
    if (step % 11 === 0) program.orderLive([...program.live.keys()][step % 17], 'cancel');
    if (delta) applyDelta(state, copy(delta));
  }
  // Orders of the last step are in the next delta.
  applyDelta(state, copy(program.delta()));
  const server = sorted(copy({ ...program.snapshot(), role: 'view' }));
  assert.deepEqual(sorted(asSnapshot(state)), server);
  assert.ok(state.news.length > 5);
});

test('an entry that a delta does not name keeps its identity', () => {
  const state = known(call('1'), call('2'));
  const before = state.live.get('2');
  applyDelta(state, { id: 2, live: [call('1', { attempt: 2 })] });
  assert.equal(state.live.get('2'), before);
  assert.equal(state.live.get('1').attempt, 2);
});

test('only the parts that a delta names have a new version', () => {
  const state = known(call('1'));
  const before = { ...state.versions };
  applyDelta(state, { id: 2, breakers: [{ id: 'b', name: 'b' }] });
  assert.equal(state.versions.live, before.live);
  assert.equal(state.versions.breakers, before.breakers + 1);
});

test('a second snapshot forgets what it does not name', () => {
  const state = known(call('1'), call('2'));
  applySnapshot(state, { id: 9, now_at: 1, role: 'view', live: [call('2')], live_total: 1 });
  assert.deepEqual([...state.live.keys()], ['2']);
  assert.equal(state.role, 'view');
  assert.equal(state.liveTotal, 1);
});

test('at most 200 news are kept, the newest', () => {
  const state = known();
  applyDelta(state, { id: 2, news: Array.from({ length: 250 }, (_, at) => ({ at })) });
  assert.equal(state.news.length, 200);
  assert.equal(state.news.at(-1).at, 249);
});

test('news of single calls make room for the others', () => {
  const state = known();
  applyDelta(state, { id: 2, news: [{ at: 0, event: 'breaker.transition' }, ...Array.from({ length: 300 }, (_, at) => ({ at, event: 'call.finished' }))] });
  assert.equal(state.news.length, 200);
  assert.equal(state.news[0].event, 'breaker.transition');
  assert.equal(state.news.at(-1).at, 299);
});

test('a peer that restarted replaces its former entry', () => {
  const state = empty();
  applySnapshot(state, { id: 1, processes: [{ instance: 'me' }, { peer: 'http://a', stale: true }] });
  applyDelta(state, { id: 2, processes: [{ peer: 'http://a', instance: 'x' }] });
  applyDelta(state, { id: 3, processes: [{ peer: 'http://a', instance: 'y' }] });
  assert.deepEqual([...state.processes.keys()], ['me', 'y']);
});

test('a cancelled call is cancelling until the server says that it is gone', () => {
  const state = known(call('1'));
  expect(state, '1', 'cancel');
  assert.equal(stateOf(state.live.get('1'), state.pending.get('1')), 'cancelling');
  applyDelta(state, { id: 2, live: [call('1', { state: 'cancelling' })] });
  assert.equal(stateOf(state.live.get('1'), state.pending.get('1')), 'cancelling');
  applyDelta(state, { id: 3, live_gone: ['1'] });
  assert.equal(state.pending.size, 0);
});

test('a retried call is starting until its next attempt begins', () => {
  for (const change of [{ attempt: 2 }, { next_at: 9 }, { state: 'running' }]) {
    const state = known(call('1'));
    expect(state, '1', 'retry');
    applyDelta(state, { id: 2, live: [call('1')] });
    assert.equal(stateOf(state.live.get('1'), state.pending.get('1')), 'starting');
    applyDelta(state, { id: 3, live: [call('1', change)] });
    assert.notEqual(stateOf(state.live.get('1'), state.pending.get('1')), 'starting');
  }
});

test('an order that the server refused leaves the call as it is', () => {
  const state = known(call('1'));
  expect(state, '1', 'cancel');
  giveUp(state, '1');
  assert.equal(stateOf(state.live.get('1'), state.pending.get('1')), 'waiting');
});
