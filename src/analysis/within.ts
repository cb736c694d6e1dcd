// The same recording, with the intervals of a span read once and kept: for analyses that walk many short windows in it.
import type { ProcessRow, Recording, SliceRow, WaitRow, Window } from '../store/recording.ts';

type Interval = { readonly start_ns: number; readonly duration_ns: number };

/** The longest interval bounds how far before a window one can begin that reaches into it. */
const createPicker = <T extends Interval>(rows: readonly T[]) => {
  const longest = rows.reduce((most, { duration_ns }) => Math.max(most, duration_ns), 0);
  return ({ start_ns, end_ns }: Window): readonly T[] => {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rows[middle]?.start_ns ?? 0) < start_ns - longest) low = middle + 1;
      else high = middle;
    }
    const found: T[] = [];
    for (let i = low; i < rows.length; i++) {
      const row = rows[i];
      if (row === undefined || row.start_ns >= end_ns) break;
      if (row.start_ns + row.duration_ns > start_ns) found.push(row);
    }
    return found;
  };
};

/** Of each recording once, since each span of it would read them again. */
const processes = new WeakMap<Recording, readonly ProcessRow[]>();

const processesOf = (recording: Recording): readonly ProcessRow[] => {
  const known = processes.get(recording) ?? recording.processes();
  processes.set(recording, known);
  return known;
};

/** A recording whose waits and slices inside `span` come from memory; what lies outside is read as ever. */
export const recordingWithin = (recording: Recording, span: Window): Recording => {
  const isInside = ({ start_ns, end_ns }: Window) => start_ns >= span.start_ns && end_ns <= span.end_ns;
  const waits = new Map<number, (window: Window) => readonly WaitRow[]>();
  const slices = new Map<number, (window: Window) => readonly SliceRow[]>();
  const kept = <T extends Interval>(
    known: Map<number, (window: Window) => readonly T[]>,
    key: number,
    read: (key: number, window: Window) => readonly T[],
  ) => {
    const found = known.get(key) ?? createPicker(read(key, span));
    known.set(key, found);
    return found;
  };
  return {
    ...recording,
    processes: () => processesOf(recording),
    waitsOf: (tid, window) =>
      isInside(window) ? kept(waits, tid, recording.waitsOf)(window) : recording.waitsOf(tid, window),
    slicesOn: (cpu, window) =>
      isInside(window) ? kept(slices, cpu, recording.slicesOn)(window) : recording.slicesOn(cpu, window),
  };
};
