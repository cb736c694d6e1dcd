// When a row of stretches became slower for good, and when it only looks so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastingSlowness } from './lasting.ts';

const MS = 1e6;
/** Stretches of these lengths in ms, one after the other. */
const rowOf = (lengths: readonly number[]) => {
  let at = 0;
  return lengths.map((ms) => {
    const start_ns = at;
    at += ms * MS;
    return { start_ns, end_ns: at };
  });
};
const times = (count: number, ms: number, vary = 0) =>
  Array.from({ length: count }, (_, i) => ms + vary * (((i * 7919) % 11) / 10 - 0.5));

test('the last third being slower is found, with what it cost', () => {
  const found = lastingSlowness(rowOf([...times(200, 10, 1), ...times(100, 15, 1)]));
  assert.ok(found !== undefined);
  assert.ok(Math.abs(found.usual_ns - 10 * MS) < 0.5 * MS);
  assert.ok(Math.abs(found.slow.length - 100) <= 12, `${found.slow.length}`);
  assert.ok(Math.abs(found.excess_ns - 500 * MS) < 80 * MS);
});

test('a slow time in the middle is found, too', () => {
  assert.ok(lastingSlowness(rowOf([...times(150, 10, 1), ...times(60, 20, 1), ...times(150, 10, 1)])) !== undefined);
});

test('what is not lasting, not late or not larger than the variation is none', () => {
  const calm = times(300, 10, 1);
  assert.equal(lastingSlowness(rowOf(calm)), undefined);
  assert.equal(lastingSlowness(rowOf(calm.map((ms, i) => (i % 20 === 7 ? 80 : ms)))), undefined, 'single ones');
  assert.equal(lastingSlowness(rowOf([...times(60, 30), ...calm])), undefined, 'warm-up');
  assert.equal(lastingSlowness(rowOf(times(300, 10, 12))), undefined, 'variation');
  const turns = [0, 1, 2, 3].flatMap(() => [...times(80, 12), ...times(40, 5)]);
  assert.equal(lastingSlowness(rowOf(turns)), undefined, 'two parts that take turns');
  assert.equal(lastingSlowness(rowOf(times(20, 10))), undefined, 'few');
});
