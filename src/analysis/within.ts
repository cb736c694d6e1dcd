// The same recording, with the intervals of a span read once and kept: for analyses that walk many short windows in it.
import { createPicker } from '../store/pick-rows.ts';
import type { ProcessRow, Recording, SliceRow, WaitRow, Window } from '../store/recording.ts';

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
  const kept = <T extends WaitRow | SliceRow>(
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
