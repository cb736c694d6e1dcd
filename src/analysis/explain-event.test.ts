// One call, one wait and one moment, slow or not: what is said of each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import type { Recording } from '../store/recording.ts';
import { explainEvent } from './explain-event.ts';
import { eventAt, eventById } from './find-event.ts';

const MS = 1e6;
const main = { pid: 100, tid: 100, comm: 'trainer' };
const hog = { pid: 300, tid: 300, comm: 'hog' };

/** Twenty copies of 1 ms, the eleventh delayed by 9 ms; between them the thread sleeps. Waits 1 to 20 are the sleeps. */
const build = ({ call, wait, slice, life, process }: Scene) => {
  process(100, 'trainer');
  life(main, 0, 500 * MS);
  for (let i = 0; i < 20; i++)
    wait(main, i * 20 * MS + 12 * MS, 5 * MS, { syscall: 'clock_nanosleep', waker_context: 2 });
  for (let i = 0; i < 20; i++) {
    const start = i * 20 * MS;
    call(main, 'cudaMemcpy', start, i === 10 ? 10 * MS : MS, { args: { bytes: 4096 } });
    if (i !== 10) continue;
    wait(main, start + 0.5 * MS, 0, { runnable: 9 * MS });
    slice(hog, 0, start + 0.5 * MS, 9 * MS);
  }
};
const explained = (asked: (recording: Recording) => ReturnType<typeof eventById>) =>
  recorded(build, (recording) => {
    const event = asked(recording);
    return event === undefined ? undefined : explainEvent(recording, event);
  });

test('a slow call is explained with its waits, and known to be slow', () => {
  const found = explained((recording) => eventById(recording, 'calls', 11));
  assert.ok(found !== undefined);
  assert.deepEqual(
    [found.id, found.isSlow, found.chain.root.kind, found.chain.root.pid],
    ['calls:11', true, 'runnable', 300],
  );
  assert.deepEqual(
    found.inside.map(({ id, duration_ns }) => [id, duration_ns]),
    [['waits:21', 9 * MS]],
  );
  assert.equal(found.chain.symptom.baseline_ns, MS);
});

test('a usual call is explained, too, and is not slow', () => {
  const found = explained((recording) => eventById(recording, 'calls', 3));
  assert.deepEqual([found?.isSlow, found?.chain.root.kind, found?.chain.symptom.duration_ns], [false, 'on_cpu', MS]);
});

test('a wait is explained by who ended it, or who ran instead', () => {
  const sleep = explained((recording) => eventById(recording, 'waits', 1));
  assert.deepEqual([sleep?.chain.root.kind, sleep?.isSlow, sleep?.chain.symptom.op], ['sleep', null, 'a wait (sleep)']);
  const ready = explained((recording) => eventById(recording, 'waits', 21));
  assert.deepEqual(
    [ready?.chain.root.kind, ready?.chain.root.pid, ready?.calls],
    ['runnable', 300, ['calls:11 cudaMemcpy']],
  );
});

test('a moment is the call, the wait or the turn that the thread was in', () => {
  const at = (time: number) => explained((recording) => eventAt(recording, 100, time))?.id;
  assert.deepEqual(
    [at(205 * MS), at(14 * MS), at(8 * MS), at(600 * MS)],
    ['calls:11', 'waits:1', 'running', undefined],
  );
});

test('what is not there is not found', () => {
  assert.equal(
    explained((recording) => eventById(recording, 'calls', 99)),
    undefined,
  );
  assert.equal(
    explained((recording) => eventById(recording, 'waits', 99)),
    undefined,
  );
});
