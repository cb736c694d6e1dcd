// Reads stacks, and what has one: calls, waits and CPU samples added up by stack. Each sum scans the rows of its table once.
import { waitKindSql } from '../catalogue/wait-kinds.ts';
import type { Database } from './open.ts';
import { merged, type RawTable, type Segments } from './read-segments.ts';
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
  /** The longest of them, of samples the first. */
  readonly longest_ns: number;
  readonly longest_id: number;
};

/** Rows that match and their time, and of those the ones whose stack is known. Unweighted. */
export type StackCover = {
  readonly count: number;
  readonly total_ns: number;
  readonly with_stack: number;
  readonly with_stack_ns: number;
};

type Source = { readonly table: RawTable; readonly start: string; readonly duration: string; readonly what: string };

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
  /** The rows of a filter: a WHERE over `o` with its values. */
  const conditionOf = (of: StackSource, { window, pid, op, kind, id }: StackFilter) => {
    const { table, start, duration } = sources[of];
    const ranges = merged(segments.matching(table, window));
    const all = [ranges[0]?.first ?? 1, ranges.at(-1)?.last ?? 0] as const;
    const [first, last] = id === undefined ? all : [Math.max(id, all[0]), Math.min(id, all[1])];
    const parts: (readonly [string, readonly (number | string)[]])[] = [['o.id BETWEEN ? AND ?', [first, last]]];
    if (window !== undefined)
      parts.push([`${start} < ? AND ${start} + max(1, ${duration}) > ?`, [window.end_ns, window.start_ns]]);
    if (pid !== undefined) parts.push(['o.thread IN (SELECT value FROM json_each(?))', [threads.ofPid(pid)]]);
    if (of === 'calls' && op !== undefined) parts.push(['o.op IN (SELECT id FROM meta_op WHERE name = ?)', [op]]);
    // Waits of others than traced threads are there for what they led to; nobody takes their stacks.
    if (of === 'waits') parts.push(['o.site IN (SELECT id FROM wait_site WHERE tracked = 1)', []]);
    if (of === 'waits' && kind !== undefined)
      parts.push([`o.site IN (SELECT s.id FROM wait_site s WHERE (${waitKindSql()}) = ?)`, [kind]]);
    return {
      sql: parts.map(([sql]) => sql).join(' AND '),
      values: parts.flatMap(([, values]) => values),
    };
  };

  const stackSums = (of: StackSource, filter: StackFilter): readonly StackSum[] => {
    const { table, duration, what } = sources[of];
    const condition = conditionOf(of, filter);
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
      .all(...condition.values)
      .map(stackSum)
      .map((sum) => (of === 'cpu_samples' ? { ...sum, longest_ns: 0 } : sum));
  };

  const stackCover = (of: StackSource, filter: StackFilter): StackCover => {
    const { table, duration } = sources[of];
    const condition = conditionOf(of, filter);
    const known =
      'o.taken IS NOT NULL AND EXISTS (SELECT 1 FROM taken_stack k WHERE k.id = o.taken AND k.stack IS NOT NULL)';
    const row = database
      .prepare(
        `SELECT count(*) AS n, coalesce(sum(${duration}), 0) + 0.0 AS total, count(*) FILTER (WHERE ${known}) AS known,
         coalesce(sum(${duration}) FILTER (WHERE ${known}), 0) + 0.0 AS known_ns FROM ${table} o WHERE ${condition.sql}`,
      )
      .get(...condition.values);
    if (row === undefined) return { count: 0, total_ns: 0, with_stack: 0, with_stack_ns: 0 };
    return {
      count: number(row, 'n'),
      total_ns: number(row, 'total'),
      with_stack: number(row, 'known'),
      with_stack_ns: number(row, 'known_ns'),
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
          `SELECT p.frame AS id FROM (SELECT DISTINCT stack, op FROM taken_stack WHERE op IS NOT NULL AND stack IS NOT NULL) k
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
