// Reads outermost calls in the order of time, thread by thread, to find the time between them. Of a long recording only
// stretches that lie evenly over it: what a program does all the time shows in these too.
import { callById } from '../catalogue/calls.ts';
import { createNarrowCalls } from './narrow-calls.ts';
import type { Database } from './open.ts';
import { merged, rowsIn, type SegmentRow, type Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import type { SteppingCalls, Window } from './recording.ts';
import { at } from './row.ts';

/** An outermost call, as far as the time around it is concerned. `stretch` counts up where rows between were not read. */
export type SteppingCall = {
  readonly id: number;
  readonly stretch: number;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly pid: number;
  readonly tid: number;
  readonly op: string;
  readonly role: string;
};

/** Rows that are read at most: about 0.1 s. */
const MOST_ROWS = 100_000;
/** Answers that are kept: the window that is asked about, and parts of it. */
const MOST_KEPT = 3;
/** Rows of a stretch, at least: a rhythm must show in it. */
const STRETCH = 8192;

/** Segments one after the other with rows enough for a stretch. */
const stretchesOf = (all: readonly SegmentRow[]): readonly (readonly SegmentRow[])[] => {
  const stretches: SegmentRow[][] = [];
  let rows = STRETCH;
  for (const segment of all) {
    if (rows >= STRETCH) {
      stretches.push([]);
      rows = 0;
    }
    stretches.at(-1)?.push(segment);
    rows += rowsIn([segment]);
  }
  return stretches;
};

/** Stretches that lie evenly over all, with about so many rows; where all are chosen they are one. */
const chosen = (all: readonly SegmentRow[], most: number): readonly (readonly SegmentRow[])[] => {
  const every = Math.max(1, Math.ceil(rowsIn(all) / most));
  if (every === 1) return [all];
  return stretchesOf(all).filter((_, i) => i % every === 0);
};

export const createGapReader = (database: Database, segments: Segments, threads: Threads) => {
  const narrow = createNarrowCalls(database);

  const read = (window: Window, pid: number | undefined, most: number): SteppingCalls => {
    const own = pid === undefined ? '' : ' AND c.thread IN (SELECT value FROM json_each(?))';
    const values = pid === undefined ? [] : [threads.ofPid(pid)];
    const scan = database.prepare(
      `SELECT c.id, c.start_ns, c.duration_ns, c.thread, c.op FROM call c
       WHERE c.id BETWEEN ? AND ? AND c.depth = 0${own} ORDER BY c.id`,
    );
    scan.setReturnArrays(true);
    const calls: SteppingCall[] = [];
    let stretch = 0;
    let rows = 0;
    const all = segments.matching('call', window);
    const shareOf = (seen: number) => (seen === 0 ? 1 : seen / rowsIn(all));
    for (const part of chosen(all, most)) {
      stretch++;
      for (const { first, last } of merged(part)) {
        for (const row of scan.all(first, last, ...values)) {
          const start_ns = at(row, 1);
          const end_ns = start_ns + at(row, 2);
          if (start_ns < window.start_ns || end_ns > window.end_ns) continue;
          const who = narrow.whoOf(at(row, 3));
          if (who === undefined) continue;
          if (calls.length >= 2 * MOST_ROWS) return { calls, share: shareOf(rows + at(row, 0) - first) };
          const call = callById.get(at(row, 4));
          calls.push({
            ...{ id: at(row, 0), stretch, start_ns, end_ns, pid: who.pid, tid: who.tid },
            ...{ op: call?.op ?? '', role: call?.role ?? '' },
          });
        }
        rows += last - first + 1;
      }
    }
    return { calls, share: shareOf(rows) };
  };

  const known = new Map<string, SteppingCalls>();
  /** The same stretches are asked for by several analyses. */
  const steppingCalls = (window: Window, pid?: number, most = MOST_ROWS): SteppingCalls => {
    const key = `${window.start_ns} ${window.end_ns} ${pid ?? ''} ${most}`;
    const found = known.get(key) ?? read(window, pid, most);
    const [oldest] = known.size < MOST_KEPT ? [] : known.keys();
    if (oldest !== undefined && !known.has(key)) known.delete(oldest);
    known.set(key, found);
    return found;
  };
  return { steppingCalls };
};
