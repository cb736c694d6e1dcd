// One side of a comparison: a window of a recording, cut into slices of equal length. What varies from slice to slice is how
// much the window varies by itself. Of a busy window only a part of each slice is read.
import { cleanText } from '../../base/sanitize.ts';
import { createWindowReader, type WindowCall } from '../../store/read-window.ts';
import type { Recording, Window } from '../../store/recording.ts';

export type Slice = { readonly window: Window; readonly calls: readonly WindowCall[] };

export type Side = {
  readonly recording: Recording;
  readonly window: Window;
  /** In the order of time. */
  readonly slices: readonly Slice[];
  /** Part of the window that the slices cover, 0 to 1. */
  readonly coverage: number;
  /** Name of a process; its own threads may be called otherwise. */
  readonly nameOf: (pid: number) => string;
  /** Whether anything was recorded in it. */
  readonly isEmpty: boolean;
};

/** Slices of the shorter window, and of the longer one at most. */
const SLICES = 12;
const MOST_SLICES = 24;
/** Calls and waits that are read of a side, about: a wait costs more, since it is followed to its root. */
const MOST_CALLS = 40_000;
const MOST_WAITS = 20_000;

/** Names of processes: of the main thread, since a process as a whole has none. */
const namesOf = (recording: Recording): ReadonlyMap<number, string> =>
  new Map(recording.processes().flatMap(({ pid, comm }) => (comm === null ? [] : [[pid, cleanText(comm, 16)]])));

export type Wanted = { readonly recording: Recording; readonly window: Window };

/** `every`: from the beginning of one slice to that of the next, about; `length`: how much of it is read. */
const createSide = ({ recording, window }: Wanted, rows: number, every: number, length: number): Side => {
  const reader = createWindowReader(recording.database);
  const count = Math.max(1, Math.min(MOST_SLICES, Math.round(lengthOf(window) / every)));
  const step = lengthOf(window) / count;
  const slices = Array.from({ length: count }, (_, i): Slice => {
    const start_ns = Math.round(window.start_ns + i * step);
    const slice = { start_ns, end_ns: start_ns + length };
    const calls = [...reader.callsIn(slice)].sort((a, b) => a.start_ns - b.start_ns || a.id - b.id);
    return { window: slice, calls };
  });
  const names = namesOf(recording);
  return {
    ...{ recording, window, slices, isEmpty: rows === 0 },
    coverage: Math.round(1e4 * Math.min(1, (count * length) / lengthOf(window))) / 1e4,
    nameOf: (pid) => names.get(pid) ?? `pid ${pid}`,
  };
};

/**
 * Both sides of a comparison. Their slices have one length: what is found in a stretch of time may depend on how long it is.
 */
export const sidesOf = (before: Wanted, after: Wanted): readonly [Side, Side] => {
  const rowsOf = ({ recording, window }: Wanted) => {
    const reader = createWindowReader(recording.database);
    return { calls: reader.rowsIn('call', window), waits: reader.rowsIn('off_cpu', window) };
  };
  const [left, right] = [rowsOf(before), rowsOf(after)];
  const shortest = Math.min(lengthOf(before.window), lengthOf(after.window)) / SLICES;
  const calls = MOST_CALLS / Math.max(1, left.calls, right.calls);
  const waits = MOST_WAITS / Math.max(1, left.waits, right.waits);
  const length = Math.max(1, Math.floor(shortest * Math.min(1, calls, waits)));
  return [
    createSide(before, left.calls + left.waits, shortest, length),
    createSide(after, right.calls + right.waits, shortest, length),
  ];
};

export const lengthOf = ({ start_ns, end_ns }: Window): number => end_ns - start_ns;
