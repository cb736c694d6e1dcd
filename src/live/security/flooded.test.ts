import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limited } from '../../capture/live/fair-limit.ts';
import { floodFindings } from './flooded.ts';

const suspects = {
  identify: (pid: number) => ({ process: { pid, comm: `c${pid}` }, ancestry: [], container: undefined }),
};
const of = (pid: number, count: number): Limited => ({ pid, uid: 5, count });
const told = (unseen: number, ...by: readonly Limited[]) =>
  floodFindings({ rule: 'setns', unseen, by }, 7, suspects).map(({ process, facts }) => [
    process?.pid,
    process?.uid,
    facts,
  ]);

test('who floods is blamed with what was its own, and who was caught in it is not', () => {
  assert.deepEqual(told(100, of(1, 90), of(2, 4)), [
    [1, 5, { flooded_rule: 'setns', unseen_of_process: 90, unseen_of_others: 10 }],
  ]);
  assert.deepEqual(
    told(100, of(1, 50), of(2, 40)).map(([pid]) => pid),
    [1, 2],
  );
});

test('of many that flood together one stands for all, with how many are known', () => {
  assert.deepEqual(told(100, of(1, 9), of(2, 8), of(3, 7)), [
    [1, 5, { flooded_rule: 'setns', unseen_of_process: 9, unseen_of_others: 91, processes: 3 }],
  ]);
  assert.deepEqual(told(100), [], 'whose they were is not known');
});
