// Reads calls added up: failures by return code. Of a large recording only where the totals of each second know of some.
import { MOST_ROWS } from './chosen-segments.ts';
import type { Database } from './open.ts';
import { conditionOf } from './read-calls.ts';
import { merged, rowsIn, type SegmentRow, type Segments } from './read-segments.ts';
import { LATE } from './read-siblings.ts';
import type { Threads } from './read-threads.ts';
import { readWeights } from './read-weights.ts';
import type { FailureFilter, FailureSum } from './recording.ts';
import { at, number, text } from './row.ts';

/** Seconds in which calls of these operations failed; undefined in recordings that do not tell. */
const failingSeconds = (database: Database, ops: string): readonly number[] | undefined => {
  const isTold = database.prepare("SELECT 1 FROM pragma_table_info('second') WHERE name = 'failed'").get();
  if (isTold === undefined) return undefined;
  const statement = database.prepare(
    `SELECT DISTINCT second FROM second WHERE failed > 0
     AND op IN (SELECT id FROM meta_op WHERE name IN (SELECT value FROM json_each(?))) ORDER BY second`,
  );
  statement.setReturnArrays(true);
  return statement.all(ops).map((row) => at(row, 0));
};

/** The readers of sums over calls. */
export const createSumReader = (database: Database, segments: Segments, threads: Threads) => {
  /** Segments in which calls of these operations may have failed. */
  const failing = ({ window }: FailureFilter, ops: string | undefined): readonly SegmentRow[] => {
    const all = segments.matching('call', window);
    if (ops === undefined || rowsIn(all) <= MOST_ROWS) return all;
    const seconds = failingSeconds(database, ops);
    if (seconds === undefined) return all;
    const wanted = new Set(
      seconds.flatMap((second) =>
        // What came late counts in a second after its own.
        segments
          .matching('call', { start_ns: (second - LATE) * 1e9, end_ns: (second + 1) * 1e9 })
          .map(({ first }) => first),
      ),
    );
    return all.filter(({ first }) => wanted.has(first));
  };

  const failures = (filter: FailureFilter): readonly FailureSum[] => {
    const condition = conditionOf(threads, filter);
    const ops = filter.ops === undefined ? undefined : JSON.stringify(filter.ops);
    const some =
      ops === undefined ? '' : ' AND c.op IN (SELECT id FROM meta_op WHERE name IN (SELECT value FROM json_each(?)))';
    const isWeighed = readWeights(database) !== undefined;
    const weight = isWeighed ? 'coalesce(a.weight, 1)' : '1';
    // A bare column beside one max() is taken from the row of the maximum: https://www.sqlite.org/lang_select.html#bareagg
    const statement = database.prepare(
      `SELECT c.id, m.name AS op, t.pid, c.ret + 0.0 AS ret, count(*) AS rows, sum(${weight}) AS n, sum(${weight} * c.duration_ns) + 0.0 AS total, max(c.duration_ns) AS longest, c.op AS op_id
       FROM call c CROSS JOIN thread t ON t.id = c.thread CROSS JOIN meta_op m ON m.id = c.op
         ${isWeighed ? 'LEFT JOIN call_args a ON a.id = c.args' : ''}
       WHERE c.id BETWEEN ? AND ? AND c.ret <> 0${some}${condition.sql} GROUP BY c.op, t.pid, c.ret`,
    );
    const sums = new Map<string, { sum: FailureSum; longest: number; opId: number }>();
    for (const { first, last } of merged(failing(filter, ops)))
      for (const row of statement.all(first, last, ...(ops === undefined ? [] : [ops]), ...condition.values)) {
        const [opId, pid, ret] = [number(row, 'op_id'), number(row, 'pid'), number(row, 'ret')];
        const key = `${opId} ${pid} ${ret}`;
        const before = sums.get(key);
        const longest = number(row, 'longest');
        const isEstimate = number(row, 'n') !== number(row, 'rows') || before?.sum.isEstimate === true;
        const isLonger = before === undefined || longest > before.longest;
        sums.set(key, {
          ...{ opId, longest: isLonger ? longest : before.longest },
          sum: {
            ...{ op: text(row, 'op'), pid, ret, count: number(row, 'n') + (before?.sum.count ?? 0) },
            total_ns: number(row, 'total') + (before?.sum.total_ns ?? 0),
            longest_id: isLonger ? number(row, 'id') : before.sum.longest_id,
            ...(isEstimate ? { isEstimate } : {}),
          },
        });
      }
    return [...sums.values()]
      .sort((a, b) => a.opId - b.opId || a.sum.pid - b.sum.pid || a.sum.ret - b.sum.ret)
      .map(({ sum }) => sum);
  };

  return { failures };
};
