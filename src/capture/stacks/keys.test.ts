import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from './keys.ts';

test('a text keeps its number until too many are known', () => {
  let forgotten = 0;
  const keys = createKeys(2, () => forgotten++);
  const a = keys.of('a');
  assert.deepEqual(keys.of('a'), { key: a.key, isNew: false });
  const fresh = keys.fresh();
  const b = keys.of('b');
  assert.equal(new Set([a.key, b.key, fresh]).size, 3);
  keys.forget('b');
  const anew = keys.of('b');
  assert.ok(anew.isNew && anew.key !== b.key);
  assert.equal(forgotten, 0);
  assert.equal(keys.of('c').isNew, true);
  assert.equal(forgotten, 1);
  const again = keys.of('a');
  assert.ok(again.isNew && again.key !== a.key);
});
