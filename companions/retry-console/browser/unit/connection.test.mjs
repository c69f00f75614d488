import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY, ceiling, delay } from '../../ui/backoff.js';
import { serverClock } from '../../ui/clock.js';
import { href, parse } from '../../ui/router.js';
import { reader } from '../../ui/sse.js';

test('delays double from the base up to the cap', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 5_000].map((retry) => ceiling(POLICY, retry)), [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test('full jitter takes any delay up to the ceiling', () => {
  for (const retry of [1, 3, 9]) {
    assert.equal(delay(POLICY, retry, () => 0), 0);
    assert.equal(delay(POLICY, retry, () => 0.5), ceiling(POLICY, retry) / 2);
    assert.ok(delay(POLICY, retry, () => 0.999_999) < ceiling(POLICY, retry));
  }
});

test('the policy is plain JSON', () => assert.deepEqual(JSON.parse(JSON.stringify(POLICY)), POLICY));

function read(...pieces) {
  const events = [];
  let comments = 0;
  const take = reader({ onEvent: (event) => events.push(event), onComment: () => (comments += 1) });
  pieces.forEach(take);
  return { events, comments };
}

test('events are the same however the stream is cut', () => {
  const text = '\ufeffid: 7\nevent: delta\ndata: {"a":\ndata: 1}\n\n: still here\n\r\ndata:x\r\n\r\nevent: lost\n\n';
  const whole = read(text);
  assert.deepEqual(whole.events, [{ id: '7', event: 'delta', data: '{"a":\n1}' }, { id: '7', event: 'message', data: 'x' }]);
  assert.equal(whole.comments, 1);
  for (let cut = 1; cut < text.length; cut += 1) assert.deepEqual(read(text.slice(0, cut), text.slice(cut)), whole, `cut at ${cut}`);
  assert.deepEqual(read(...text), whole);
});

test("the server's clock is the one of the quickest message", () => {
  let time = 0;
  const clock = serverClock(() => time);
  clock.learn(1_000);
  time = 500;
  clock.learn(1_300); // 200 ms late
  assert.equal(clock.now(), 1_500);
});

test("the server's clock may be set back", () => {
  let time = 0;
  const clock = serverClock(() => time);
  clock.learn(100_000);
  for (let step = 0; step < 25; step += 1) clock.learn(50_000 + (time += 10));
  assert.equal(clock.now(), 50_000 + time);
});

test('a route survives the way through the address', () => {
  for (const name of ['shop::charge', 'a/b', 'Vec<T>', 'ä?x=1#y', '100%']) {
    assert.deepEqual(parse(href('functions', name, { filter: 'a & b' })), { screen: 'functions', name, query: { filter: 'a & b' } });
  }
});

test('an address without a route, or with a broken one, is harmless', () => {
  assert.deepEqual(parse(''), { screen: 'overview', name: undefined, query: {} });
  assert.deepEqual(parse('#/functions/%E0%A4%A'), { screen: 'functions', name: undefined, query: {} });
});
