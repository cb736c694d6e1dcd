// Causes in the flight recorder, followed over records that are there and records that are gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryRingOver, positionOf } from '../capture/memory-ring.ts';
import { layoutOf } from '../catalogue/derive/layout.ts';
import { kernelStructs } from '../catalogue/kernel-structs.ts';
import { type Interval, intervalOfRecord } from './interval.ts';
import { createReach } from './reach.ts';

const SLOTS = 16;
const layout = layoutOf(kernelStructs.history.fields);
const clock = { high: 0, low: 0, monotonicStart: '0', unixStart: '0', now: () => 0 };
const WAKER = 7;

type Turn = { readonly number: number; readonly off: number; readonly on: number; readonly earlier: number };

/** A flight recorder of one CPU with turns of one task, and a reach that follows them; `written` are those that it kept. */
const recorder = (turns: readonly Turn[]) => {
  const bytes = Buffer.alloc(SLOTS * layout.size);
  const last = Math.max(...turns.map(({ number }) => number));
  // The others are turns of other tasks.
  for (let number = Math.max(1, last - SLOTS + 1); number <= last; number++)
    bytes.writeBigUInt64LE(
      BigInt(positionOf(number, 0)),
      (number % SLOTS) * layout.size + layout.at('position').offset,
    );
  for (const { number, off, on, earlier } of turns) {
    const base = (number % SLOTS) * layout.size;
    bytes.writeBigUInt64LE(BigInt(off), base + layout.at('off').offset);
    bytes.writeBigUInt64LE(BigInt(on), base + layout.at('on').offset);
    bytes.writeBigUInt64LE(BigInt(earlier === 0 ? 0 : positionOf(earlier, 0)), base + layout.at('earlier').offset);
    bytes.writeUInt32LE(WAKER, base + layout.at('tid').offset);
  }
  const words = new Uint32Array(new Uint8Array(bytes).buffer);
  const written: number[] = [];
  const reach = createReach({
    history: memoryRingOver(words, layout.size / 4, SLOTS),
    clock,
    occupants: { keep: () => 'kept' },
    hasWaker: () => true,
    write: ({ on }) => written.push(on),
  });
  /** A wait of a traced thread from 1000 to 5000, ended by the task in the turn of that number. */
  const follow = (number: number) => {
    const wait: Interval = {
      ...intervalOfRecord(words, (number % SLOTS) * (layout.size / 4), clock),
      ...{ tid: 1, state: 1, off: 1000, wake: 4990, on: 5000, waker: positionOf(number, 0), wakerTid: WAKER },
      wakerContext: 1,
    };
    reach.follow(wait);
  };
  return { reach, follow, written };
};

test('what a waker did in the time of a wait is followed back to its beginning', () => {
  const { reach, follow, written } = recorder([
    { number: 2, off: 500, on: 900, earlier: 0 },
    { number: 3, off: 950, on: 2000, earlier: 2 },
    { number: 5, off: 2500, on: 4000, earlier: 3 },
  ]);
  follow(5);
  assert.deepEqual(written, [4000, 2000]);
  assert.equal(reach.takeLost(), 0);
});

test('a record that is gone is a loss where it would tell of the time of the wait', () => {
  const { reach, follow } = recorder([{ number: 40, off: 2500, on: 4000, earlier: 3 }]);
  follow(40);
  assert.equal(reach.takeLost(), 1);
});

test('and none where the waker slept since before the wait, however long', () => {
  const { reach, follow, written } = recorder([{ number: 40, off: 800, on: 4000, earlier: 3 }]);
  follow(40);
  assert.deepEqual(written, [4000]);
  assert.equal(reach.takeLost(), 0);
});
