import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../../test/recorded.ts';
import { timelineOf } from '../timeline.ts';
import { readsOf } from './reads.ts';

const thread = { pid: 10, tid: 10, comm: 'python3' };
const WAITS = 60_000;
const PERIOD = 1e6;
const LONG = { at: 31_000, blocked: 900_000 };

/** A minute in which a thread waits 0.6 ms of each ms, and once 0.9 ms. */
const busy = () =>
  recorded(
    ({ wait, life, writer }) => {
      for (let i = 0; i < WAITS; i++) {
        wait(thread, i * PERIOD, i === LONG.at ? LONG.blocked : 600_000, { syscall: 'nanosleep', waker_context: 2 });
        if (i % 500 === 0) writer.commit(i * PERIOD);
      }
      life(thread, 0, WAITS * PERIOD);
    },
    (recording) => ({
      reads: readsOf(recording, thread.tid, recording.window, 20),
      part: readsOf(recording, thread.tid, { start_ns: 0, end_ns: 5e9 }, 20),
      timeline: timelineOf(recording, thread, recording.window, new Map(), { steps: 20, waits: 3 }),
    }),
  );

test('of very many waits stretches that lie evenly are read, and stand for all of the window', () => {
  const { reads, part, timeline } = busy();
  assert.deepEqual(part, [{ start_ns: 0, end_ns: 5e9, weight: 1 }]);
  assert.ok(reads.length >= 40);
  assert.equal(
    Math.round(reads.reduce((sum, { start_ns, end_ns, weight }) => sum + weight * (end_ns - start_ns), 0)),
    WAITS * PERIOD,
  );
  for (const [i, { start_ns }] of reads.entries()) if (i > 0) assert.ok(start_ns >= (reads[i - 1]?.end_ns ?? 0));

  assert.ok(timeline.read_share < 0.5);
  const states = new Map(timeline.states.map(({ state, duration_ns }) => [state, duration_ns]));
  const share = (state: 'running' | 'blocked') => (states.get(state) ?? 0) / (WAITS * PERIOD);
  assert.ok(Math.abs(share('blocked') - 0.6) < 0.01, `${share('blocked')}`);
  assert.equal(
    [...states.values()].reduce((sum, ns) => sum + ns, 0),
    WAITS * PERIOD,
  );
  assert.equal(timeline.closure, 1);
  assert.ok(Math.abs(timeline.waits_total / WAITS - 1) < 0.02, `${timeline.waits_total}`);
  // The longest is found although it is in no stretch, or cut by one.
  assert.deepEqual([timeline.waits[0]?.start_ns, timeline.waits[0]?.duration_ns], [LONG.at * PERIOD, LONG.blocked]);
  assert.equal(timeline.steps.length, 20);
  for (const { shares } of timeline.steps) assert.ok(Math.abs((shares[2] ?? 0) - 0.6) < 0.05);
});
