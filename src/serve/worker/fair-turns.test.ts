// Turns: one caller cannot take them all, nor stand in all places of the queue.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fairTurns } from './fair-turns.ts';

const turns = (longestWaitMs = 5_000) =>
  fairTurns({
    atOnce: 3,
    perCaller: 2,
    mostWaiting: 6,
    mostWaitingOfOne: 4,
    longestWaitMs,
    busy: (running, waiting) => new Error(`busy ${running} ${waiting}`),
  });

test('a caller that asks for everything leaves a turn to the next one, and the shorter one goes first', async () => {
  const { take, load } = turns();
  const order: string[] = [];
  const ask = async (caller: string) => {
    const over = await take(caller);
    order.push(caller);
    return over;
  };
  const greedy = [1, 2, 3, 4, 5, 6].map(() => ask('a'));
  await assert.rejects(take('a'), { message: 'busy 2 4' }, 'its places in the queue have an end');
  const other = await ask('b');
  assert.deepEqual(order, ['a', 'a', 'b'], 'at once, though four wait');
  const late = ask('c');
  const ends = await Promise.all(greedy.slice(0, 2));
  ends[0]?.();
  await late;
  assert.deepEqual(order, ['a', 'a', 'b', 'c'], 'before those of a, who has one running');
  other();
  (await late)();
  ends[1]?.();
  for (const one of greedy.slice(2)) (await one)();
  assert.deepEqual(load(), { running: 0, waiting: 0 });
  assert.deepEqual(order.slice(4), ['a', 'a', 'a', 'a']);
});

test('a wait ends in time or when it is cancelled, and leaves no hole', async () => {
  const { take, load } = turns(30);
  const ends = [await take('a'), await take('a')];
  await assert.rejects(take('a'), { message: 'busy 2 1' });
  const stop = new AbortController();
  const cancelled = take('a', stop.signal);
  stop.abort();
  await assert.rejects(cancelled, { message: 'cancelled' });
  for (const end of ends) end();
  assert.deepEqual(load(), { running: 0, waiting: 0 });
  // The program itself has no name, and all the turns.
  for (const end of [await take(undefined), await take(undefined), await take(undefined)]) end();
});
