// Reads the exact totals, which were kept while recording: no raw row is touched.
import { addHistogram, BUCKETS, quantile } from '../base/histogram.ts';
import type { Database } from './open.ts';
import type { OpTotal, SecondCount, TotalRow, Window } from './recording.ts';
import { at, blob, number, type Row, text } from './row.ts';

const totalOf = (row: Row): TotalRow => ({
  pid: number(row, 'pid'),
  op: text(row, 'op'),
  count: number(row, 'count'),
  sum_ns: number(row, 'sum_ns'),
  max_ns: number(row, 'max_ns'),
  p50_ns: number(row, 'p50_ns'),
  p95_ns: number(row, 'p95_ns'),
  p99_ns: number(row, 'p99_ns'),
  failed: number(row, 'failed'),
});

type Merging = { count: number; sum: number; max: number; failed: number; pids: number[]; histogram: Float64Array };

/** The readers of totals. */
export const createTotalReader = (database: Database) => {
  const totals = (): readonly TotalRow[] =>
    database
      .prepare(
        'SELECT pid, op, count, sum_ns, max_ns, p50_ns, p95_ns, p99_ns, failed FROM totals ORDER BY sum_ns DESC, pid, op',
      )
      .all()
      .map(totalOf);

  const opTotals = (pid?: number): readonly OpTotal[] => {
    const rows = database
      .prepare(
        `SELECT t.pid, m.name AS op, t.count, t.sum_ns, t.max_ns, t.failed, t.histogram FROM total t JOIN meta_op m ON m.id = t.op
         WHERE ?1 IS NULL OR t.pid = ?1 ORDER BY m.id, t.pid`,
      )
      .all(pid ?? null);
    const ops = new Map<string, Merging>();
    for (const row of rows) {
      const op = text(row, 'op');
      const into = ops.get(op) ?? {
        count: 0,
        sum: 0,
        max: 0,
        failed: 0,
        pids: [],
        histogram: new Float64Array(BUCKETS),
      };
      ops.set(op, into);
      into.count += number(row, 'count');
      into.sum += number(row, 'sum_ns');
      into.max = Math.max(into.max, number(row, 'max_ns'));
      into.failed += number(row, 'failed');
      into.pids.push(number(row, 'pid'));
      addHistogram(into.histogram, blob(row, 'histogram'));
    }
    return [...ops].map(([op, { count, sum, max, failed, pids, histogram }]) => ({
      op,
      count,
      sum_ns: sum,
      max_ns: max,
      p50_ns: quantile(histogram, 0.5, max),
      p95_ns: quantile(histogram, 0.95, max),
      p99_ns: quantile(histogram, 0.99, max),
      failed,
      pids,
    }));
  };

  const callsBySecond = ({ start_ns, end_ns }: Window, pid?: number): readonly SecondCount[] => {
    // By the key of the table: in its order, without a sort.
    const statement = database.prepare(
      `SELECT second, pid, sum(count) FROM second WHERE second BETWEEN ?1 AND ?2 AND (?3 IS NULL OR pid = ?3)
       GROUP BY second, pid`,
    );
    statement.setReturnArrays(true);
    return statement
      .all(Math.floor(start_ns / 1e9), Math.ceil(end_ns / 1e9) - 1, pid ?? null)
      .map((row) => ({ second: at(row, 0), pid: at(row, 1), count: at(row, 2) }));
  };

  return { totals, opTotals, callsBySecond };
};
