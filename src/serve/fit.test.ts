import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitting } from './fit.ts';

test('as many items as fit, at least one', () => {
  const items = ['aaaa', 'bbbb', 'cccc'];
  assert.deepEqual(fitting(items, 1000), items);
  assert.deepEqual(fitting(items, 14), ['aaaa', 'bbbb']);
  assert.deepEqual(fitting(items, 1), ['aaaa']);
  assert.deepEqual(fitting([], 1), []);
});
