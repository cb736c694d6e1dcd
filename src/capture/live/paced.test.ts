import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askPaced } from './paced.ts';

test('soon while something comes, ever more seldom while nothing does, never again once it is over', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const times: number[] = [];
  let comes = 0;
  let now = 0;
  const asking = askPaced(
    () => {
      times.push(now);
      return comes;
    },
    { least: 10, most: 35 },
    () => now,
  );
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now++;
      t.mock.timers.tick(1);
    }
  };
  pass(100);
  assert.deepEqual(times.splice(0), [10, 30, 70]);
  comes = 1;
  pass(40);
  assert.deepEqual(times.splice(0), [105, 115, 125, 135]);
  asking.stop();
  pass(100);
  assert.deepEqual(times, []);
});

test('what is asked may end it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const asking = askPaced(
    () => {
      asking.stop();
      return ++asked;
    },
    { least: 1, most: 1 },
  );
  t.mock.timers.tick(10);
  assert.equal(asked, 1);
});
