// Reads library calls. Scans the narrow raw table and joins names and arguments only for the rows that are wanted.
import { type Chosen, chooseSegments } from './chosen-segments.ts';
import { createNarrowCalls, NARROW } from './narrow-calls.ts';
import type { Database } from './open.ts';
import { merged, rowsIn, type Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import { readWeights } from './read-weights.ts';
import type { CallFilter, CallRow, LongCall, LongCalls, Window } from './recording.ts';
import { at, maybeNumber, number, type Row, text } from './row.ts';

// `+ 0.0` where a value may be any 64-bit word, as in narrow-calls.ts.
const WHOLE = `SELECT id, start_ns, duration_ns, pid, tid, comm, op, role, library, depth, ret + 0.0 AS ret, fn + 0.0 AS fn,
  stream + 0.0 AS stream, bytes + 0.0 AS bytes, ptr + 0.0 AS ptr, args, stack FROM calls WHERE id = ?`;

const callOf = (row: Row): CallRow => ({
  id: number(row, 'id'),
  start_ns: number(row, 'start_ns'),
  duration_ns: number(row, 'duration_ns'),
  pid: number(row, 'pid'),
  tid: number(row, 'tid'),
  op: text(row, 'op'),
  role: text(row, 'role'),
  depth: number(row, 'depth'),
  ret: number(row, 'ret'),
  fn: maybeNumber(row, 'fn'),
  bytes: maybeNumber(row, 'bytes'),
  comm: text(row, 'comm'),
  library: text(row, 'library'),
  stream: maybeNumber(row, 'stream'),
  ptr: maybeNumber(row, 'ptr'),
  args: text(row, 'args'),
  stack: maybeNumber(row, 'stack'),
});

/** A condition on the raw table `call c` with the values to bind, in order. */
export type Condition = { readonly sql: string; readonly values: readonly (number | string)[] };

/** The filter as a condition; an unknown operation or process matches nothing. */
export const conditionOf = (
  threads: Threads,
  { window, pid, op, minDuration }: Omit<CallFilter, 'limit'>,
): Condition => {
  const parts: (readonly [string, readonly (number | string)[]])[] = [];
  if (minDuration !== undefined) parts.push(['c.duration_ns >= ?', [minDuration]]);
  if (op !== undefined) parts.push(['c.op IN (SELECT id FROM meta_op WHERE name = ?)', [op]]);
  if (window !== undefined)
    parts.push(['c.start_ns < ? AND c.start_ns + c.duration_ns > ?', [window.end_ns, window.start_ns]]);
  if (pid !== undefined) parts.push(['c.thread IN (SELECT value FROM json_each(?))', [threads.ofPid(pid)]]);
  return {
    sql: parts.map(([sql]) => ` AND ${sql}`).join(''),
    values: parts.flatMap(([, values]) => values),
  };
};

type Candidate = { readonly id: number; readonly duration: number };
const longestFirst = (a: Candidate, b: Candidate) => b.duration - a.duration || a.id - b.id;

/** The readers of calls. Ids rise in the order in which calls returned. */
export const createCallReader = (database: Database, segments: Segments, threads: Threads) => {
  const whole = database.prepare(WHOLE);
  const callById = (id: number): CallRow | undefined => {
    const row = whole.get(id);
    return row === undefined ? undefined : callOf(row);
  };
  const rowsOf = (ids: readonly number[]): readonly CallRow[] => ids.map(callById).filter((call) => call !== undefined);

  const slowestCalls = ({ limit, ...filter }: CallFilter): readonly CallRow[] => {
    const condition = conditionOf(threads, filter);
    const scan = database.prepare(
      `SELECT c.id, c.duration_ns FROM call c WHERE c.id BETWEEN ? AND ? AND c.duration_ns >= ?${condition.sql}
       ORDER BY c.duration_ns DESC, c.id LIMIT ?`,
    );
    let best: readonly Candidate[] = [];
    const promising = segments
      .matching('call', filter.window, filter.minDuration)
      .toSorted((a, b) => b.longest - a.longest || a.first - b.first);
    for (const { first, last, longest } of promising) {
      const worst = best.length < limit ? 0 : (best.at(-1)?.duration ?? 0);
      if (longest < worst || limit <= 0) break;
      const rows = scan.all(first, last, worst, ...condition.values, limit);
      const found = rows.map((row) => ({ id: number(row, 'id'), duration: number(row, 'duration_ns') }));
      if (found.length > 0) best = [...best, ...found].sort(longestFirst).slice(0, limit);
    }
    return rowsOf(best.map(({ id }) => id));
  };

  const narrow = createNarrowCalls(database);
  let weights: ReadonlyMap<number, number> | undefined;
  const longIn = function* (chosen: readonly Chosen[], filter: Omit<CallFilter, 'limit'>): Generator<LongCall> {
    weights ??= readWeights(database) ?? new Map();
    const condition = conditionOf(threads, filter);
    const scan = database.prepare(
      `SELECT ${NARROW} FROM call c WHERE c.id BETWEEN ? AND ?${condition.sql} ORDER BY c.id`,
    );
    scan.setReturnArrays(true);
    for (const { first, last, weight } of chosen)
      for (const row of scan.all(first, last, ...condition.values)) {
        const call = narrow.briefOf(row);
        if (call === undefined) continue;
        yield { ...call, stands: weight * (row[7] === null ? 1 : (weights.get(at(row, 7)) ?? 1)) };
      }
  };
  const longCalls = (filter: Omit<CallFilter, 'limit'>): LongCalls => {
    const chosen = chooseSegments(database, segments, filter, filter.minDuration ?? 0);
    const all = segments.matching('call', filter.window, filter.minDuration ?? 0);
    return { calls: longIn(chosen, filter), isPart: rowsIn(chosen) < rowsIn(all) };
  };

  const ofThread = database.prepare(
    `SELECT c.id FROM call c WHERE c.id BETWEEN ? AND ? AND c.thread IN (SELECT value FROM json_each(?))
     AND c.start_ns < ? AND c.start_ns + c.duration_ns > ?`,
  );
  const callsOf = (tid: number, window: Window): readonly CallRow[] =>
    rowsOf(
      merged(segments.matching('call', window)).flatMap(({ first, last }) =>
        ofThread.all(first, last, threads.ofTid(tid), window.end_ns, window.start_ns).map((row) => number(row, 'id')),
      ),
    ).toSorted((a, b) => a.start_ns - b.start_ns || a.depth - b.depth || a.id - b.id);

  return { callById, slowestCalls, longCalls, callsOf };
};
