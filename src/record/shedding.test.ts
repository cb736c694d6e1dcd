import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALL_WEIGHT_BITS } from '../catalogue/events.ts';
import { HIGHEST_LEVEL, keptAt, sheddingRules } from '../catalogue/shedding.ts';
import { createShedding, type Measured } from './shedding.ts';

const calm: Measured = { ring: 0, commit: 5, step: 1, names: 0 };
/** Levels while the same is measured every 20 ms, from a time in ms on. */
const during = (shedding: ReturnType<typeof createShedding>, from: number, ms: number, measured: Measured) =>
  Array.from({ length: ms / 20 }, (_, i) => shedding.see(from + i * 20, measured));

test('nothing is left out while the machine keeps up', () => {
  const shedding = createShedding();
  assert.ok(during(shedding, 0, 10_000, { ...calm, ring: 0.3 }).every((level) => level === 0));
  assert.ok(during(shedding, 10_000, 2000, { ...calm, commit: 5000, step: 3000 }).every((level) => level === 0));
});

test('a ring over its mark raises the level step by step, and all levels are reached before it is full', () => {
  const levels = during(createShedding(), 0, 400, { ...calm, ring: 0.4 });
  assert.deepEqual([...new Set(levels)], [1, 2, 3, 4]);
  assert.ok(levels.indexOf(HIGHEST_LEVEL) * 20 < 300, `the highest after ${levels.indexOf(HIGHEST_LEVEL) * 20} ms`);
});

test('it comes down slowly, and not at all while it is neither high nor calm', () => {
  const shedding = createShedding();
  during(shedding, 0, 400, { ...calm, ring: 0.9 });
  assert.ok(during(shedding, 400, 10_000, { ...calm, ring: 0.2 }).every((level) => level === HIGHEST_LEVEL));
  const levels = during(shedding, 10_400, 12_000, calm);
  assert.deepEqual([...new Set(levels)], [4, 3, 2, 1, 0]);
  assert.ok(levels.indexOf(3) * 20 >= 1900, 'two seconds of calm for each step');
  // A short peak in between begins the calm anew.
  during(shedding, 30_000, 100, { ...calm, ring: 0.5 });
  assert.ok(during(shedding, 30_100, 1900, calm).every((level) => level > 0));
});

test('slow commits and names lead to fewer samples and stacks, never to fewer calls', () => {
  for (const slow of [
    { ...calm, ring: 0.1, commit: 2000 },
    { ...calm, ring: 0.1, step: 900 },
    { ...calm, names: 0.8 },
  ]) {
    const levels = during(createShedding(), 0, 5000, slow);
    assert.equal(levels.at(-1), 2);
    assert.equal(keptAt(2).call, 1);
    assert.equal(keptAt(2).wait, 1);
  }
});

test('what is less valuable is given up first, and one in a power of two is kept', () => {
  const order = ['sample', 'stack', 'call', 'wait'] as const;
  assert.deepEqual(Object.keys(sheddingRules), order);
  const begins = order.map((kind) => sheddingRules[kind].oneIn.findIndex((one) => one > 1));
  assert.deepEqual(begins, [1, 2, 3, 4]);
  for (const { oneIn } of Object.values(sheddingRules))
    for (const [level, one] of oneIn.entries()) {
      assert.ok(Number.isInteger(Math.log2(one)));
      assert.ok(one >= (oneIn[level - 1] ?? 1));
    }
  assert.deepEqual(keptAt(0), { sample: 1, stack: 1, call: 1, wait: 1 });
  // The event of a wait has a bit that says that it stands for others, and no room to say for how many.
  assert.equal(new Set(sheddingRules.wait.oneIn.filter((one) => one > 1)).size, 1);
  // What one call stands for: nearly two blocks at most, of the highest level.
  assert.ok(Math.log2(2 * keptAt(HIGHEST_LEVEL).call) < 2 ** CALL_WEIGHT_BITS);
});
