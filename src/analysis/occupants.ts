// Who ran on a CPU while a thread was ready and waited for one. Every instant goes to one task, or to nobody known.
import type { Recording, SliceRow, Window } from '../store/recording.ts';

/** A stretch of time and who ran then; `slice` is undefined where no row tells. */
export type Occupied = {
  readonly start_ns: number;
  readonly end_ns: number;
  readonly cpu: number;
  readonly slice: SliceRow | undefined;
};

/** The first slice that ends after a time. Slices of one CPU follow one another, so their ends are in order too. */
const firstAfter = (slices: readonly SliceRow[], time: number): number => {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const slice = slices[middle];
    if (slice !== undefined && slice.start_ns + slice.duration_ns <= time) low = middle + 1;
    else high = middle;
  }
  return low;
};

const occupy = (slices: readonly SliceRow[], cpu: number, span: Window, waiting: number): readonly Occupied[] => {
  const parts: Occupied[] = [];
  let cursor = span.start_ns;
  for (let i = firstAfter(slices, cursor); i < slices.length; i++) {
    const slice = slices[i];
    if (slice === undefined || slice.start_ns >= span.end_ns) break;
    // A thread that waits does not run: a slice of its own that touches the wait is the edge of its turn.
    if (slice.tid === waiting) continue;
    const start = Math.max(cursor, slice.start_ns);
    const end = Math.min(span.end_ns, slice.start_ns + slice.duration_ns);
    if (end <= start) continue;
    if (start > cursor) parts.push({ start_ns: cursor, end_ns: start, cpu, slice: undefined });
    parts.push({ start_ns: start, end_ns: end, cpu, slice });
    cursor = end;
  }
  if (cursor < span.end_ns) parts.push({ start_ns: cursor, end_ns: span.end_ns, cpu, slice: undefined });
  return parts;
};

/**
 * Splits the waits of one thread by who ran instead. Slices are read once for each CPU over `window`.
 * A thread that was put aside waits in the queue of the CPU it left, a woken one in that of the CPU it ran on next: so
 * `cpus` names the more likely one first, and the other fills what the first leaves open.
 */
export const createOccupants = (recording: Recording, window: Window, waiting: number) => {
  const known = new Map<number, readonly SliceRow[]>();
  const slicesOn = (cpu: number): readonly SliceRow[] => {
    const found = known.get(cpu);
    if (found !== undefined) return found;
    const read = recording.slicesOn(cpu, window);
    known.set(cpu, read);
    return read;
  };
  return (span: Window, cpus: readonly [number, number]): readonly Occupied[] => {
    const [first, second] = cpus;
    const parts = occupy(slicesOn(first), first, span, waiting);
    if (first === second) return parts;
    return parts.flatMap((part) => {
      if (part.slice !== undefined) return [part];
      const filled = occupy(slicesOn(second), second, part, waiting);
      return filled.some(({ slice }) => slice !== undefined) ? filled : [part];
    });
  };
};

const names = new WeakMap<Recording, ReadonlyMap<number, string>>();

/** The names of processes, by pid, where they are known. */
export const namesOf = (recording: Recording): ReadonlyMap<number, string> => {
  const known =
    names.get(recording) ??
    new Map(recording.processes().flatMap(({ pid, comm }) => (comm === null ? [] : [[pid, comm] as const])));
  names.set(recording, known);
  return known;
};
