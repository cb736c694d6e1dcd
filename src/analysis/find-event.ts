// Which event of a recording is meant: by the id of its row, or by a thread and a time. Explains nothing.

import type { Recording, WaitRow, Window } from '../store/recording.ts';
import { number } from '../store/row.ts';
import type { Asked } from './explain-event.ts';
import { threadsOf } from './timeline/thread.ts';

/** How far around a moment on a CPU its turn is looked for, in ns. */
const NEAR = 100e6;

const waitById = (recording: Recording, id: number): WaitRow | undefined => {
  const row = recording.database
    .prepare(
      'SELECT t.tid, o.start_ns, o.blocked_ns + o.runnable_ns AS ns FROM off_cpu o JOIN thread t ON t.id = o.thread WHERE o.id = ?',
    )
    .get(id);
  if (row === undefined) return undefined;
  const start_ns = number(row, 'start_ns');
  const window = { start_ns, end_ns: start_ns + Math.max(1, number(row, 'ns')) };
  return recording.waitsOf(number(row, 'tid'), window).find((wait) => wait.id === id);
};

/** The call or wait with that id; undefined when there is none. */
export const eventById = (recording: Recording, of: 'calls' | 'waits', id: number): Asked | undefined => {
  if (of === 'calls') {
    const call = recording.callById(id);
    return call === undefined ? undefined : { kind: 'call', call };
  }
  const wait = waitById(recording, id);
  return wait === undefined ? undefined : { kind: 'wait', wait };
};

/** From the end of the wait before to the beginning of the next one. */
const turnAt = (recording: Recording, tid: number, time: number): Window => {
  const near = { start_ns: Math.max(0, time - NEAR), end_ns: Math.min(recording.window.end_ns, time + NEAR) };
  const waits = recording.waitsOf(tid, near);
  const before = waits.map(({ start_ns, duration_ns }) => start_ns + duration_ns).filter((end) => end <= time);
  const after = waits.map(({ start_ns }) => start_ns).filter((start) => start > time);
  return { start_ns: Math.max(near.start_ns, ...before), end_ns: Math.min(near.end_ns, ...after) };
};

/** What a thread was in at a time: the outermost call, else a wait, else a turn on a CPU; undefined when it did not live then. */
export const eventAt = (recording: Recording, tid: number, time: number): Asked | undefined => {
  const task = threadsOf(recording, { tid }).tasks.find(
    (one) => one.tid === tid && one.start_ns <= time && one.end_ns >= time,
  );
  const moment = { start_ns: time, end_ns: time + 1 };
  const [call] = recording.callsOf(tid, moment);
  if (call !== undefined) return { kind: 'call', call };
  const [wait] = recording.waitsOf(tid, moment);
  if (wait !== undefined) return { kind: 'wait', wait };
  if (task === undefined || !recording.hasWaits) return undefined;
  const { pid, comm } = task;
  return { kind: 'running', thread: { pid, tid, comm }, window: turnAt(recording, tid, time) };
};
