import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from './pace.ts';

test('sleeps longer and longer while there is nothing to read', () => {
  const pace = createPace();
  const waits = Array.from({ length: 10 }, () => pace.next(0, 0));
  assert.equal(waits.at(-1), 50);
  assert.ok(waits.every((wait, i) => i === 0 || wait >= (waits[i - 1] ?? 0)));
});

test('comes back so often that a step stays small', () => {
  const pace = createPace();
  const ratePerMs = 20;
  let wait = 1;
  for (let i = 0; i < 200; i++) {
    const read = Math.min(pace.limit(), Math.round(wait * ratePerMs));
    wait = pace.next(read, 0);
  }
  assert.ok(wait * ratePerMs <= pace.limit(), `${wait} ms are ${wait * ratePerMs} events`);
});

test('reads more at once only while a ring fills, and little again afterwards', () => {
  const pace = createPace();
  const usual = pace.limit();
  pace.next(usual, 0);
  assert.equal(pace.limit(), usual);
  for (const fill of [0.01, 0.02, 0.04, 0.2]) pace.next(pace.limit(), fill);
  assert.equal(pace.limit(), usual * 16);
  assert.equal(pace.next(pace.limit(), 0.3), 0);
  pace.next(1, 0);
  assert.equal(pace.limit(), usual);
});
