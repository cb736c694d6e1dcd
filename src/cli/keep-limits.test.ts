// Sizes as people write them, and what is kept when nothing is said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepLimits, parseSize } from './keep-limits.ts';

test('sizes are read in any of the usual forms', () => {
  const sizes = ['2GB', '2 gb', '1.5G', '64MiB', '500k', '17', '0'].map(parseSize);
  assert.deepEqual(sizes, [2e9, 2e9, 1.5e9, 64 * 2 ** 20, 5e5, 17, 0]);
  assert.deepEqual(['', 'GB', '-1GB', '2 bananas', '1e9', '9999999999999999'].map(parseSize), Array(6).fill(undefined));
});

test('without a limit a recording holds no more than half of what its disk has free; 0 takes the limit away', () => {
  const { bytes = 0, ns } = keepLimits('/tmp/r.db', undefined, undefined);
  assert.ok(bytes >= 16e6 && bytes <= 8e9, String(bytes));
  assert.equal(ns, undefined);
  assert.deepEqual(keepLimits('/tmp/r.db', '0', 60e9), { ns: 60e9 });
  assert.deepEqual(keepLimits('/nowhere/at/all/r.db', undefined, undefined), { bytes: 8e9 });
  for (const size of ['1MB', 'much']) assert.throws(() => keepLimits('/tmp/r.db', size, undefined), /bad value/);
  assert.throws(() => keepLimits('/tmp/r.db', '1GB', 1e9), /5s or more/);
});
