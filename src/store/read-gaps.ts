// Reads outermost calls in the order of time, thread by thread, to find the time between them. Of a long recording only
// stretches that lie evenly over it: what a program does all the time shows in these too.
import { callById } from '../catalogue/calls.ts';
import type { Database } from './open.ts';
import type { SegmentRow, Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import type { Window } from './recording.ts';
import { number } from './row.ts';

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

const rowsIn = ({ first, last }: SegmentRow): number => last - first + 1;

/** Segments that lie evenly over all, with about `MOST_ROWS` rows; neighbours that are both chosen are one stretch. */
const chosen = (all: readonly SegmentRow[]): readonly (readonly SegmentRow[])[] => {
  const total = all.reduce((sum, segment) => sum + rowsIn(segment), 0);
  const every = Math.max(1, Math.ceil(total / MOST_ROWS));
  if (every === 1) return [all];
  return all.flatMap((segment, i) => (i % every === 0 ? [[segment]] : []));
};

export const createGapReader = (database: Database, segments: Segments, threads: Threads) => {
  const steppingCalls = function* (window: Window, pid?: number): Generator<SteppingCall> {
    const own = pid === undefined ? '' : ' AND c.thread IN (SELECT value FROM json_each(?))';
    const values = pid === undefined ? [] : [threads.ofPid(pid)];
    const scan = database.prepare(
      `SELECT c.id, c.start_ns, c.duration_ns, t.pid, t.tid, c.op FROM call c CROSS JOIN thread t ON t.id = c.thread
       WHERE c.id BETWEEN ? AND ? AND c.depth = 0${own} ORDER BY c.id`,
    );
    let stretch = 0;
    let left = 2 * MOST_ROWS;
    for (const part of chosen(segments.matching('call', window))) {
      stretch++;
      for (const { first, last } of part) {
        for (const row of scan.iterate(first, last, ...values)) {
          const start_ns = number(row, 'start_ns');
          const end_ns = start_ns + number(row, 'duration_ns');
          if (start_ns < window.start_ns || end_ns > window.end_ns) continue;
          if (left-- <= 0) return;
          const call = callById.get(number(row, 'op'));
          yield {
            ...{ id: number(row, 'id'), stretch, start_ns, end_ns, pid: number(row, 'pid'), tid: number(row, 'tid') },
            ...{ op: call?.op ?? '', role: call?.role ?? '' },
          };
        }
      }
    }
  };
  return { steppingCalls };
};
