import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofProcess } from './watch.ts';

test('an expression of one process holds for that one only, whatever its condition joins', () => {
  assert.equal(ofProcess('a:b', undefined), 'a:b');
  assert.equal(ofProcess('a:b', 7), 'a:b where current.pid == 7');
  assert.equal(ofProcess(' a:b WHERE x == 1 or y == 2', 7), 'a:b where current.pid == 7 and (x == 1 or y == 2)');
});
