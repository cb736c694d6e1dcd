import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEffort, createLoading } from './effort.ts';

const work = (ms: number): void => {
  const began = process.threadCpuUsage();
  const spent = () => {
    const { user, system } = process.threadCpuUsage(began);
    return (user + system) / 1000;
  };
  while (spent() < ms);
};
const limits = { workMs: 20, loadingMs: 60 };

test('work proper and loading have limits of their own, and waiting has none', () => {
  const loading = createLoading();
  const isOver = createEffort(limits, loading.spentMs);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
  assert.equal(isOver(), false);
  assert.equal(
    loading.during(() => {
      loading.during(() => work(30));
      return 7;
    }),
    7,
  );
  assert.ok(loading.spentMs() >= 30 && loading.spentMs() < 60, `${loading.spentMs()} ms`);
  assert.equal(isOver(), false);
  work(25);
  assert.equal(isOver(), true);
  assert.equal(isOver(), true);
});

test('loading does not last for ever either, also where it fails', () => {
  const loading = createLoading();
  const isOver = createEffort(limits, loading.spentMs);
  assert.throws(() =>
    loading.during(() => {
      work(65);
      throw new Error('unreadable');
    }),
  );
  assert.equal(isOver(), true);
});
