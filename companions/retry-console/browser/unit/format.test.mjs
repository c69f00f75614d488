import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, clock, countdown, decimal, duration, instant, length, matches, number, percent, plural, share } from '../../ui/format.js';

const plain = (text) => text.replaceAll('\u202f', ' ');
const check = (fn, cases) => cases.forEach(([input, expected]) => assert.equal(plain(fn(input)), expected, `${fn.name}(${input})`));

test('numbers are grouped by thousands', () => check(number, [[0, '0'], [999, '999'], [1_000, '1 000'], [12_345_678, '12 345 678'], [undefined, '–'], [NaN, '–']]));

test('decimals end with the last one that says something', () => check((value) => decimal(value, 2), [[1, '1'], [1.256, '1.26'], [1.5, '1.5'], [0, '0'], [1_234.5, '1 234.5'], [10, '10']]));

test('only all is 100 per cent, and only nothing is 0', () => check(percent, [[0, '0 %'], [1, '100 %'], [0.999_99, '> 99.9 %'], [0.000_01, '< 0.1 %'], [0.25, '25 %'], [0.0123, '1.2 %'], [undefined, '–']]));

test('a share of nothing is unknown', () => assert.equal(share(0, 0), undefined));

test('a duration has its two largest units', () => check(duration, [
  [0, '0 ms'], [0.25, '0.25 ms'], [1.25, '1.3 ms'], [12.4, '12 ms'], [999.4, '999 ms'], [999.6, '1 s'], [1_200, '1.2 s'], [9_949, '9.9 s'], [9_950, '10 s'], [59_600, '1 min'], [61_000, '1 min 1 s'],
  [3_600_000, '1 h'], [3_661_000, '1 h 1 min'], [90_000_000, '1 d 1 h'], [-1_000, '-1 s'], [undefined, '–'],
]));

test('a countdown rounds up, so that it never says that the time is over too early', () => {
  for (const [left, expected] of [[10_001, '11 s'], [9_999, '10.0 s'], [1, '0.1 s'], [0, 'now'], [-5, 'now'], [61_000, '1 min 1 s']]) assert.equal(plain(countdown(1_000 + left, 1_000)), expected);
});

test('the age of an event has whole seconds', () => {
  for (const [age, expected] of [[0, 'just now'], [999, 'just now'], [1_900, '1 s ago'], [61_900, '1 min 1 s ago']]) assert.equal(plain(ago(0, age)), expected);
});

test('a time of another day has its date', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5).getTime();
  assert.equal(clock(at, at), '03:04:05');
  assert.equal(clock(at, at + 86_400_000), '2026-01-02 03:04:05');
});

test('the API may write times as numbers or texts, and lengths as numbers or parts', () => {
  assert.equal(instant(5), 5);
  assert.equal(instant('1970-01-01T00:00:01Z'), 1_000);
  assert.equal(instant('nonsense'), undefined);
  assert.equal(instant(null), undefined);
  assert.equal(length({ secs: 1, nanos: 500_000_000 }), 1_500);
  assert.equal(length(20), 20);
});

test('one thing has no plural', () => assert.deepEqual([plural(1, 'task'), plural(2, 'process', 'processes')], ['1 task', '2 processes']));

test('a filter matches every word in any order', () => {
  assert.ok(matches('shop::charge payments', 'PAY shop'));
  assert.ok(!matches('shop::charge', 'shop mail'));
  assert.ok(matches('anything', ''));
});
