import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesAt, pagesOf } from './pages.ts';

test('a cursor continues each list of its own question only', () => {
  assert.deepEqual(pagesOf('a', undefined, 3), [0, 0, 0]);
  assert.deepEqual(pagesOf('a', pagesAt('a', [12, 0, 7]), 3), [12, 0, 7]);
  for (const wrong of [pagesAt('b', [12, 0, 7]), pagesAt('a', [1, 2]), '', 'x', '1-.00000000', '1.5'])
    assert.throws(() => pagesOf('a', wrong, 3), /does not belong/);
});
