// Reads stacks, and what has one: calls, waits and CPU samples added up by stack. Each sum scans the rows of its table once.
import { waitKindSql } from '../catalogue/wait-kinds.ts';
import type { Database } from './open.ts';
import { merged, type RawTable, rowsIn, type Segments } from './read-segments.ts';
import { sampledRanges } from './read-siblings.ts';
import type { Threads } from './read-threads.ts';
import type { Window } from './recording.ts';
import { maybeNumber, maybeText, number, type Row, text } from './row.ts';

export type StackFrame = {
  /** frame.id: of each place in the code. */
  readonly id: number;
  /** native, python, kernel or jit. */
  readonly kind: string;
  readonly name: string | null;
  readonly module: string | null;
  readonly path: string | null;
  readonly offset: number;
  readonly file: string | null;
  readonly line: number | null;
};

/** Frames innermost first. `complete`: the outermost was reached. */
export type Stack = { readonly frames: readonly StackFrame[]; readonly complete: boolean };

/** A thread was seen running; `stack` is null when that was not taken. */
export type SampleRow = { readonly id: number; readonly stack: number | null; readonly weight: number };

/** What a stack was taken of. */
export type StackSource = 'calls' | 'waits' | 'cpu_samples';

export type StackFilter = {
  readonly pid?: number;
  readonly window?: Window;
  /** Only this row. */
  readonly id?: number;
  /** Only calls of this operation. */
  readonly op?: string;
  /** Only waits of this root kind. */
  readonly kind?: string;
};

/** Rows with the same stack, of the same process and operation or kind of wait. */
export type StackSum = {
  /** Operation of calls, root kind of waits, `on_cpu` of samples. */
  readonly what: string;
  readonly pid: number;
  readonly comm: string;
  readonly stack: number;
  /** Rows. */
  readonly rows: number;
  /** What they stand for: their weights added up, and their weights times their durations; 0 ns for samples. */
  readonly count: number;
  readonly total_ns: number;
  /** The longest of them that was read, of samples the first. */
  readonly longest_ns: number;
  readonly longest_id: number;
};

/** Rows that match and their time, and of those the ones whose stack is known. Unweighted. `estimated`: from some of them. */
export type StackCover = {
  readonly count: number;
  readonly total_ns: number;
  readonly with_stack: number;
  readonly with_stack_ns: number;
  readonly estimated?: boolean;
};

type Source = { readonly table: RawTable; readonly start: string; readonly duration: string; readonly what: string };

/** Part of a table from which on an index of its rows with a stack is quicker than its rows. */
const WIDE = 0.1;
/** Rows with a stack that are added up, about; of more one in so many stands for all. */
const MOST_STACKED = 120_000;
/** Rows that are counted one by one; of more so many, in so many parts. */
const MOST_ROWS = 1_000_000;
const SAMPLED_ROWS = 200_000;
const PARTS = 64;
/** Taken stacks, the last of them, that are looked at to find places from which calls of several operations come. */
const MOST_TAKEN = 500_000;
/**
 * One in `every` stacks, by a number that has nothing to do with when it was taken: each so many-th would meet only one kind of
 * those that are taken in turns. 2654435769 is 2^32 divided by the golden ratio: Knuth, The Art of Computer Programming, 6.4.
 */
export const oneIn = (every: number): string =>
  `((o.taken & 1073741823) * 2654435769 & 4294967295) < ${Math.floor(2 ** 32 / every)}`;
const WAITED = 'o.blocked_ns + o.runnable_ns';
/** How each is read: its table as `o`, its circumstances as `s`. */
const sources: Readonly<Record<StackSource, Source>> = {
  calls: { table: 'call', start: 'o.start_ns', duration: 'o.duration_ns', what: 's.name' },
  waits: { table: 'off_cpu', start: 'o.start_ns', duration: WAITED, what: waitKindSql() },
  cpu_samples: { table: 'cpu_sample', start: 'o.time_ns', duration: '0', what: "'on_cpu'" },
};
const JOINS: Readonly<Record<StackSource, string>> = {
  calls: 'CROSS JOIN meta_op s ON s.id = o.op',
  waits: 'CROSS JOIN wait_site s ON s.id = o.site',
  cpu_samples: '',
};

const stackSum = (row: Row): StackSum => ({
  what: text(row, 'what'),
  pid: number(row, 'pid'),
  comm: text(row, 'comm'),
  stack: number(row, 'stack'),
  rows: number(row, 'n'),
  count: number(row, 'weight'),
  total_ns: number(row, 'total'),
  longest_ns: number(row, 'longest'),
  longest_id: number(row, 'id'),
});

/** The readers of stacks. */
export const createStackReader = (database: Database, segments: Segments, threads: Threads) => {
  const stacked = new Map<RawTable, number>();
  /** Rows of a table that have a stack, which its index of them tells. */
  const stackedIn = (table: RawTable): number => {
    const known = stacked.get(table);
    if (known !== undefined) return known;
    const row = database.prepare(`SELECT count(*) AS n FROM ${table} WHERE taken >= 1`).get();
    const count = row === undefined ? 0 : number(row, 'n');
    stacked.set(table, count);
    return count;
  };

  /** The rows of a filter, or those of them that have a stack: a WHERE over `o` with its values, of which `ids` are the first two. */
  const conditionOf = (of: StackSource, { window, pid, op, kind, id }: StackFilter, stacked: boolean) => {
    const { table, start, duration } = sources[of];
    const ranges = merged(segments.matching(table, window));
    const all = [ranges[0]?.first ?? 1, ranges.at(-1)?.last ?? 0] as const;
    const [first, last] = id === undefined ? all : [Math.max(id, all[0]), Math.min(id, all[1])];
    // Where most rows would be looked at, the index of those that have a stack; every sample has one.
    const sparse = stacked && of !== 'cpu_samples' && last - first >= WIDE * segments.rows(table);
    const every = sparse ? Math.max(1, Math.ceil(stackedIn(table) / MOST_STACKED)) : 1;
    const some = every === 1 ? '' : ` AND ${oneIn(every)}`;
    const between = sparse ? `+o.id BETWEEN ? AND ? AND o.taken >= 1${some}` : 'o.id BETWEEN ? AND ?';
    const parts: (readonly [string, readonly (number | string)[]])[] = [];
    if (window !== undefined)
      parts.push([`${start} < ? AND ${start} + max(1, ${duration}) > ?`, [window.end_ns, window.start_ns]]);
    if (pid !== undefined) parts.push(['o.thread IN (SELECT value FROM json_each(?))', [threads.ofPid(pid)]]);
    if (of === 'calls' && op !== undefined) parts.push(['o.op IN (SELECT id FROM meta_op WHERE name = ?)', [op]]);
    // Waits of others than traced threads are there for what they led to; nobody takes their stacks.
    if (of === 'waits') parts.push(['o.site IN (SELECT id FROM wait_site WHERE tracked = 1)', []]);
    if (of === 'waits' && kind !== undefined)
      parts.push([`o.site IN (SELECT s.id FROM wait_site s WHERE (${waitKindSql()}) = ?)`, [kind]]);
    return {
      ids: { first, last },
      /** One in so many of the rows is meant: what is found stands for so many. */
      every,
      sql: [between, ...parts.map(([sql]) => sql)].join(' AND '),
      values: parts.flatMap(([, values]) => values),
    };
  };

  const stackSums = (of: StackSource, filter: StackFilter): readonly StackSum[] => {
    const { table, duration, what } = sources[of];
    const condition = conditionOf(of, filter, true);
    // Samples are all as long: the row of the least id instead of that of the longest, of which there is only one.
    const longest = of === 'cpu_samples' ? 'min(o.id)' : `max(${duration})`;
    return database
      .prepare(
        `SELECT o.id, ${what} AS what, t.pid, t.comm, k.stack, count(*) AS n, sum(k.weight) AS weight,
         sum(k.weight * (${duration})) + 0.0 AS total, ${longest} AS longest
         FROM ${table} o CROSS JOIN taken_stack k ON k.id = o.taken CROSS JOIN thread t ON t.id = o.thread ${JOINS[of]}
         WHERE ${condition.sql} AND o.taken IS NOT NULL AND k.stack IS NOT NULL
         GROUP BY what, t.pid, k.stack ORDER BY what, t.pid, k.stack`,
      )
      .all(condition.ids.first, condition.ids.last, ...condition.values)
      .map(stackSum)
      .map((sum) => ({ ...sum, count: condition.every * sum.count, total_ns: condition.every * sum.total_ns }))
      .map((sum) => (of === 'cpu_samples' ? { ...sum, longest_ns: 0 } : sum));
  };

  /** Calls by the totals, which know of those without rows, too; undefined where rows must be counted. */
  const totalsOf = (
    of: StackSource,
    { window, pid, op, id }: StackFilter,
  ): Pick<StackCover, 'count' | 'total_ns'> | undefined => {
    if (of !== 'calls' || window !== undefined || id !== undefined) return undefined;
    const sums = database.prepare(
      `SELECT coalesce(sum(count), 0) AS n, coalesce(sum(sum_ns), 0) + 0.0 AS ns FROM total WHERE (?1 IS NULL OR pid = ?1)
       AND (?2 IS NULL OR op IN (SELECT id FROM meta_op WHERE name = ?2))`,
    );
    const all = sums.get(null, null);
    const row = sums.get(pid ?? null, op ?? null);
    if (all === undefined || row === undefined || number(all, 'n') < segments.rows('call')) return undefined;
    return { count: number(row, 'n'), total_ns: number(row, 'ns') };
  };

  /** Rows and their time; of very many, where all would have to be read, what some that lie evenly stand for. */
  const rowsCounted = (of: StackSource, filter: StackFilter, stacked: boolean) => {
    const { table, duration } = sources[of];
    const { sql, values, ids, every } = conditionOf(of, filter, stacked);
    const from = stacked
      ? `${table} o CROSS JOIN taken_stack k ON k.id = o.taken AND k.stack IS NOT NULL`
      : `${table} o`;
    const sums = database.prepare(
      `SELECT count(*) AS n, coalesce(sum(${duration}), 0) + 0.0 AS ns FROM ${from} WHERE ${sql}`,
    );
    const all = ids.last - ids.first + 1;
    const ranges = stacked || all <= MOST_ROWS ? [ids] : sampledRanges(ids, SAMPLED_ROWS, PARTS);
    const scale = every * (ranges.length === 1 ? 1 : all / rowsIn(ranges));
    const found = ranges.map(({ first, last }) => sums.get(first, last, ...values)).filter((row) => row !== undefined);
    const sumOf = (column: string) => found.reduce((sum, row) => sum + number(row, column), 0);
    const isEstimate = scale !== 1;
    return { count: Math.round(scale * sumOf('n')), total_ns: Math.round(scale * sumOf('ns')), isEstimate };
  };

  const stackCover = (of: StackSource, filter: StackFilter): StackCover => {
    const all = totalsOf(of, filter) ?? rowsCounted(of, filter, false);
    const isEstimate = 'isEstimate' in all && all.isEstimate;
    const known = rowsCounted(of, filter, true);
    return {
      count: Math.max(all.count, known.count),
      total_ns: Math.max(all.total_ns, known.total_ns),
      with_stack: known.count,
      with_stack_ns: known.total_ns,
      ...(isEstimate || known.isEstimate ? { estimated: true } : {}),
    };
  };

  const frames = database.prepare(
    `SELECT d.id, d.complete, f.id AS frame, f.kind, f.name, f.module, f.path, f.offset + 0.0 AS offset, f.file, f.line FROM json_each(?) j
     CROSS JOIN stack d ON d.id = j.value CROSS JOIN stack_frame p ON p.stack = d.id CROSS JOIN frame f ON f.id = p.frame
     ORDER BY d.id, p.position`,
  );
  const stacksOf = (ids: readonly number[]): ReadonlyMap<number, Stack> => {
    const found = new Map<number, { readonly frames: StackFrame[]; readonly complete: boolean }>();
    if (ids.length === 0) return found;
    for (const row of frames.iterate(JSON.stringify(ids))) {
      const id = number(row, 'id');
      const stack = found.get(id) ?? { frames: [], complete: number(row, 'complete') === 1 };
      found.set(id, stack);
      stack.frames.push({
        id: number(row, 'frame'),
        kind: text(row, 'kind'),
        name: maybeText(row, 'name'),
        module: maybeText(row, 'module'),
        path: maybeText(row, 'path'),
        offset: number(row, 'offset'),
        file: maybeText(row, 'file'),
        line: maybeNumber(row, 'line'),
      });
    }
    return found;
  };

  let shared: ReadonlySet<number> | undefined;
  const sharedFrames = (): ReadonlySet<number> => {
    shared ??= new Set(
      database
        .prepare(
          `SELECT p.frame AS id FROM (SELECT DISTINCT stack, op FROM taken_stack WHERE id > (SELECT coalesce(max(id), 0) FROM taken_stack) - ${MOST_TAKEN}
             AND op IS NOT NULL AND stack IS NOT NULL) k
           CROSS JOIN stack_frame p ON p.stack = k.stack GROUP BY p.frame HAVING count(DISTINCT k.op) > 1`,
        )
        .all()
        .map((row) => number(row, 'id')),
    );
    return shared;
  };

  const samples = database.prepare(
    `SELECT p.id, k.stack, coalesce(k.weight, 1) AS weight FROM cpu_sample p LEFT JOIN taken_stack k ON k.id = p.taken
     WHERE p.id BETWEEN ? AND ? AND p.thread IN (SELECT value FROM json_each(?)) AND p.time_ns >= ? AND p.time_ns < ? ORDER BY p.id`,
  );
  const samplesOf = (tid: number, window: Window): readonly SampleRow[] =>
    merged(segments.matching('cpu_sample', window)).flatMap(({ first, last }) =>
      samples.all(first, last, threads.ofTid(tid), window.start_ns, window.end_ns).map((row) => ({
        id: number(row, 'id'),
        stack: maybeNumber(row, 'stack'),
        weight: number(row, 'weight'),
      })),
    );

  return { stackSums, stackCover, stacksOf, sharedFrames, samplesOf };
};
