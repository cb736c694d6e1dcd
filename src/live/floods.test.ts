import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limited } from '../capture/live/fair-limit.ts';
import { createFloods } from './floods.ts';

const of = (pid: number, count: number): Limited => ({ pid, uid: 0, count });
const limit = (unseen: number, ...by: readonly Limited[]) => ({ unseen, limitedBy: () => by });

test('what is new since the last time, over all limits of a rule, by process', () => {
  const { look } = createFloods();
  assert.equal(look('a', [limit(0)]), undefined);
  assert.deepEqual(look('a', [limit(10, of(1, 3), of(2, 6)), limit(5, of(1, 5))]), {
    rule: 'a',
    unseen: 15,
    by: [of(1, 8), of(2, 6)],
  });
  assert.equal(look('a', [limit(10, of(1, 3), of(2, 6)), limit(5, of(1, 5))]), undefined);
  assert.deepEqual(look('a', [limit(14, of(1, 3), of(2, 10)), limit(5, of(1, 5))])?.by, [of(2, 4)]);
});

test('whose place was taken by another and comes back begins anew', () => {
  const { look } = createFloods();
  look('a', [limit(10, of(1, 10))]);
  look('a', [limit(12, of(3, 2))]);
  assert.deepEqual(look('a', [limit(14, of(1, 2))])?.by, [of(1, 2)]);
});
