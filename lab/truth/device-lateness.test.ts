import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceLateness } from './device-lateness.ts';
import type { Step } from './log.ts';

const step = (act: string, start: number, end: number, count = 0, delay = 0): Step => ({
  ...{ tid: 1, act, numbers: [count, 0], start, end, cpu: 0, delay },
});

test('a wait for the device that is no longer than its work shows no lateness', () => {
  assert.equal(deviceLateness([step('launch', 0, 10, 5), step('sync', 10, 510)], 100), 0);
});

test('what a wait takes beyond the work and beyond its own time without a CPU is lateness', () => {
  const steps = [step('launch', 0, 10, 5), step('compute', 10, 400), step('sync', 400, 5510, 0, 2000)];
  assert.equal(deviceLateness(steps, 100), 3000);
});

test('nothing is told of copies, nor without the length of a kernel', () => {
  assert.equal(deviceLateness([step('upload', 0, 10), step('sync', 10, 9000)], 100), 0);
  assert.equal(deviceLateness([step('launch', 0, 10, 1), step('sync', 10, 9000)], 0), 0);
});
