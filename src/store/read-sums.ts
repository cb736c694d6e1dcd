// Reads calls added up: failures by return code. Scans the calls once.
import type { Database } from './open.ts';
import { conditionOf } from './read-calls.ts';
import { merged, type Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import type { CallFilter, FailureSum } from './recording.ts';
import { number, text } from './row.ts';

/** The readers of sums over calls. */
export const createSumReader = (database: Database, segments: Segments, threads: Threads) => {
  const failures = (filter: Omit<CallFilter, 'limit' | 'minDuration'>): readonly FailureSum[] => {
    const condition = conditionOf(threads, filter);
    const ranges = merged(segments.matching('call', filter.window));
    const [first, last] = [ranges[0]?.first ?? 1, ranges.at(-1)?.last ?? 0];
    // A bare column beside one max() is taken from the row of the maximum: https://www.sqlite.org/lang_select.html#bareagg
    return database
      .prepare(
        `SELECT c.id, m.name AS op, t.pid, c.ret + 0.0 AS ret, count(*) AS n, sum(c.duration_ns) AS total, max(c.duration_ns) AS longest
         FROM call c CROSS JOIN thread t ON t.id = c.thread CROSS JOIN meta_op m ON m.id = c.op
         WHERE c.id BETWEEN ? AND ? AND c.ret <> 0${condition.sql} GROUP BY c.op, t.pid, c.ret ORDER BY c.op, t.pid, c.ret`,
      )
      .all(first, last, ...condition.values)
      .map((row) => ({
        op: text(row, 'op'),
        pid: number(row, 'pid'),
        ret: number(row, 'ret'),
        count: number(row, 'n'),
        total_ns: number(row, 'total'),
        longest_id: number(row, 'id'),
      }));
  };

  return { failures };
};
