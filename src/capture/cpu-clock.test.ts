import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpusOf } from './cpu-clock.ts';

test('a list of CPUs', () => {
  assert.deepEqual(cpusOf('0-1\n'), [0, 1]);
  assert.deepEqual(cpusOf('0-2,5,8-9\n'), [0, 1, 2, 5, 8, 9]);
  assert.deepEqual(cpusOf('3'), [3]);
  assert.deepEqual(cpusOf('-'), []);
});
