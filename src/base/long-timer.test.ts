// Times longer than the platform's timers can be set to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLongTimer } from './long-timer.ts';

const DAY_MS = 86_400_000;

test('30 days are 30 days, and not none', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let rang = 0;
  startLongTimer(30 * DAY_MS, () => rang++);
  // The simulated clock counts what is set while it moves from where it stops.
  mock.timers.tick(2 ** 31 - 1);
  mock.timers.tick(30 * DAY_MS - (2 ** 31 - 1) - 1);
  assert.equal(rang, 0);
  mock.timers.tick(1);
  assert.equal(rang, 1);
});

test('a cancelled one does not ring, in whatever part it was', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let rang = 0;
  const timer = startLongTimer(60 * DAY_MS, () => rang++);
  mock.timers.tick(26 * DAY_MS);
  timer.cancel();
  mock.timers.tick(60 * DAY_MS);
  assert.equal(rang, 0);
});
