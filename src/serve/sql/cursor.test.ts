import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursorAt, offsetOf } from './cursor.ts';

test('a cursor continues its own query only', () => {
  assert.equal(offsetOf('select 1', undefined), 0);
  assert.equal(offsetOf('select 1', cursorAt('select 1', 300)), 300);
  assert.throws(() => offsetOf('select 2', cursorAt('select 1', 300)), /does not belong/);
  for (const cursor of ['', 'x', '-1.00000000', '1.2.3', `${'9'.repeat(40)}.00000000`])
    assert.throws(() => offsetOf('select 1', cursor), /does not belong/);
});
