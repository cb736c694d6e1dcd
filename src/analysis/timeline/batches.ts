// The waits of one thread in a window, a bounded number at a time: a busy thread has millions of them.
import type { Recording, WaitRow, Window } from '../../store/recording.ts';
import { type EndedWait, endedWaits } from '../causes/keeper.ts';

/** Waits that begin one after the other, and the time that they span. */
export type Batch = { readonly waits: readonly EndedWait[]; readonly span: Window };

/** Waits of all threads that a batch covers, about. */
const ROWS = 25_000;

/**
 * All waits of a thread that overlap the window, in the order of their start, each with who ended it. One that ran into its
 * time-out and waited on is joined with the next, also across two batches.
 */
export const batchesOf = function* (
  recording: Recording,
  { pid, tid }: { readonly pid: number; readonly tid: number },
  window: Window,
): Generator<Batch> {
  const length = window.end_ns - window.start_ns;
  const count = Math.max(1, Math.min(length, Math.ceil(recording.waitsIn(window) / ROWS)));
  const edge = (i: number) => window.start_ns + Math.floor((i * length) / count);
  const read = (i: number): readonly WaitRow[] =>
    i >= count
      ? []
      : recording
          .waitsOf(tid, { start_ns: edge(i), end_ns: edge(i + 1) })
          // A thread id that is used again may belong to another process; a wait across an edge is in the batch before.
          .filter((wait) => wait.pid === pid && (i === 0 || wait.start_ns >= edge(i)));
  let rows = read(0);
  for (let i = 0; i < count; i++) {
    const next = read(i + 1);
    const waits = endedWaits(recording, [...rows, ...next]).filter(({ start_ns }) => start_ns < edge(i + 1));
    const end = waits.reduce((last, { start_ns, duration_ns }) => Math.max(last, start_ns + duration_ns), edge(i + 1));
    yield { waits, span: { start_ns: edge(i), end_ns: Math.min(window.end_ns, end) } };
    rows = next;
  }
};
