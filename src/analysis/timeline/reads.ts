// Which parts of a window are read: all of it, or of a window with very many waits stretches that lie evenly over it, each of
// which stands for the time around it. Knows how many waits there are, not what they are.
import type { Recording, Window } from '../../store/recording.ts';

/** A part of a window that is read; `weight`: the time that it stands for, as a multiple of its own. */
export type Read = Window & { readonly weight: number };

/** Waits of all threads up to which all of a window may be read, and those of the thread itself. */
const MOST_ROWS = 600_000;
const MOST_OWN = 40_000;
/** Of more so many are read, about. */
const READ_ROWS = 200_000;
const READ_OWN = 10_000;
/** Stretches at least, and those that are read first to see how busy the thread is. */
const LEAST_STRETCHES = 40;
const PROBES = 16;
const PROBED_ROWS = 3_000;
/** Stretches begin at ever other places of what they stand for, so that nothing that recurs is always met or always missed. */
const GOLDEN = 0.6180339887498949;

const lengthOf = ({ start_ns, end_ns }: Window): number => end_ns - start_ns;

/** `count` stretches of a window, each of the `part` (0 to 1) of what it stands for. */
const stretchesOf = (window: Window, count: number, part: number): readonly Read[] =>
  Array.from({ length: count }, (_, i) => {
    const edge = (at: number) => window.start_ns + Math.floor((at * lengthOf(window)) / count);
    const slice = { start_ns: edge(i), end_ns: edge(i + 1) };
    const length = Math.max(1, Math.floor(part * lengthOf(slice)));
    const start_ns = slice.start_ns + Math.floor(((i * GOLDEN) % 1) * (lengthOf(slice) - length));
    return { start_ns, end_ns: start_ns + length, weight: lengthOf(slice) / length };
  });

/** What of a window to read for a thread; `steps` is in how many parts it is told. */
export const readsOf = (recording: Recording, tid: number, window: Window, steps: number): readonly Read[] => {
  const whole: readonly Read[] = [{ ...window, weight: 1 }];
  const length = lengthOf(window);
  const rows = recording.waitsIn(window);
  if (rows <= MOST_OWN) return whole;
  const probes = stretchesOf(window, PROBES, Math.min(1, PROBED_ROWS / (rows / PROBES)));
  const own = probes.reduce((sum, { weight, ...probe }) => sum + weight * recording.waitsOf(tid, probe).length, 0);
  if (rows <= MOST_ROWS && own <= MOST_OWN) return whole;
  const part = Math.min(1, READ_ROWS / rows, READ_OWN / Math.max(1, own));
  const count = Math.max(1, steps) * Math.ceil(LEAST_STRETCHES / Math.max(1, steps));
  return stretchesOf(window, Math.min(count, length), part);
};
