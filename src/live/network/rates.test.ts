import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRates } from './rates.ts';

test('counts by key within the last while', () => {
  const { add } = createRates(10);
  assert.deepEqual(
    [0, 3, 6, 9].map((time) => add('a', time)),
    [1, 2, 3, 4],
  );
  assert.equal(add('b', 9), 1);
  assert.equal(add('a', 15), 1 + 4 - 0 - 0, 'at a new while the one before counts as far as it reaches in');
  assert.equal(add('a', 24), 2 + Math.floor(4 * 0.1));
  assert.equal(add('a', 100), 1, 'after a long silence it begins anew');
});
