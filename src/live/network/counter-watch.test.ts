import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCounterWatch } from './counter-watch.ts';

test('a namespace that is gone for a while comes back with what it had; only what grew since is told', () => {
  const overflows = new Map([['net:[1]', 5]]);
  let there = ['net:[1]'];
  const raised: unknown[] = [];
  const watch = startCounterWatch(
    { now: () => 0 },
    { networkNamespaces: () => new Map(there.map((name) => [name, Number(name.slice(5, -1))])) },
    ({ facts }) => raised.push(facts.more),
    (pid) => new Map([['TcpExt.ListenOverflows', overflows.get(`net:[${pid}]`) ?? 0]]),
  );
  there = [];
  watch.look();
  overflows.set('net:[2]', 40);
  there = ['net:[1]', 'net:[2]'];
  watch.look();
  assert.deepEqual(raised, []);
  overflows.set('net:[1]', 8).set('net:[2]', 41);
  watch.look();
  assert.deepEqual(raised, [3, 1]);
});
