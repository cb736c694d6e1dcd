// Reads the rows of `events` one after the other, in the order of their time, and checks each: a column may hold anything.
import type { Database } from '../../store/open.ts';
import { maybeNumber, maybeText, type Row } from '../../store/row.ts';
import type { Tables } from '../importer.ts';
import { inRun, type Run } from './run.ts';
import { TIMED_AT_END } from './schema.ts';

/** One row, with times in ns since the recording began. `end` is `start` for what has no length. */
export type Event = {
  /** Its place in the file. */
  readonly row: number;
  /** The time as the row gives it. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
  readonly pid: number;
  readonly tid: number;
  readonly source: number;
  readonly op: number;
  readonly duration: number;
  readonly arg0: number;
  readonly arg1: number;
  readonly ret: number;
  /** Key of its stack, empty when it has none. */
  readonly stack: string;
  readonly cgroup: number;
  /** Empty when the row has none. */
  readonly comm: string;
};

const MOST_ID = 2 ** 32;
/** A duration beyond a recording's longest is none. */
const LONGEST = 100 * 86_400e9;
const isId = (value: number | null): value is number =>
  value !== null && Number.isInteger(value) && value >= 0 && value < MOST_ID;

const eventOf = (row: Row): Event | undefined => {
  const at = maybeNumber(row, 'at');
  const duration = maybeNumber(row, 'duration');
  const [pid, tid] = [maybeNumber(row, 'pid'), maybeNumber(row, 'tid')];
  const [source, op] = [maybeNumber(row, 'source'), maybeNumber(row, 'op')];
  if (at === null || duration === null || !(duration >= 0 && duration < LONGEST)) return undefined;
  if (!isId(pid) || !isId(tid) || !isId(source) || !isId(op)) return undefined;
  const atEnd = TIMED_AT_END.includes(source);
  const start = Math.max(0, Math.round(atEnd ? at - duration : at));
  const end = Math.max(start, Math.round(atEnd ? at : at + duration));
  return {
    ...{ row: maybeNumber(row, 'row') ?? 0, at: Math.max(0, Math.round(at)), start, end, pid, tid, source, op },
    duration: end - start,
    arg0: maybeNumber(row, 'arg0') ?? 0,
    arg1: maybeNumber(row, 'arg1') ?? 0,
    ret: maybeNumber(row, 'ret') ?? 0,
    stack: maybeText(row, 'stack') ?? '',
    cgroup: maybeNumber(row, 'cgroup') ?? 0,
    comm: maybeText(row, 'comm') ?? '',
  };
};

/** When the first row of a run began, in ns since 1970: the zero of the recording's time. */
export const originOf = (database: Database, tables: Tables, run: Run): bigint => {
  const ended = TIMED_AT_END.join(', ');
  const row = database
    .prepare(
      `SELECT CAST(min(timestamp - CASE WHEN source IN (${ended}) AND typeof(duration) = 'integer' AND duration BETWEEN 0 AND ${LONGEST}
       THEN duration ELSE 0 END) AS TEXT) AS first, CAST(min(timestamp) AS TEXT) AS told FROM events WHERE ${inRun(tables)}`,
    )
    .get(run.node, run.from, run.to);
  const first = BigInt((row === undefined ? null : maybeText(row, 'first')) ?? run.from);
  // No row tells of a time before the run: a longer interval is cut.
  return first < run.from ? BigInt((row === undefined ? null : maybeText(row, 'told')) ?? run.from) : first;
};

/** Rows in the order of their time, the longer first. `undefined` stands for one that cannot be read. */
export const eventsOf = function* (
  database: Database,
  tables: Tables,
  run: Run,
  origin: bigint,
): Generator<Event | undefined> {
  const columns = tables.get('events') ?? new Set<string>();
  const numeric = (name: string) => (columns.has(name) ? `CAST(${name} AS REAL)` : '0.0');
  const hash = columns.has('stack_hash') ? "nullif(CAST(stack_hash AS TEXT), '0')" : 'NULL';
  const rows = database
    .prepare(
      `SELECT rowid + 0.0 AS row, (timestamp - ?) + 0.0 AS at, CAST(pid AS REAL) AS pid, CAST(tid AS REAL) AS tid,
       CAST(source AS REAL) AS source, CAST(op AS REAL) AS op, CAST(duration AS REAL) AS duration, ${numeric('arg0')} AS arg0,
       ${numeric('arg1')} AS arg1, ${numeric('ret_code')} AS ret, ${hash} AS stack, ${numeric('cgroup_id')} AS cgroup,
       ${columns.has('comm') ? 'substr(CAST(comm AS TEXT), 1, 64)' : 'NULL'} AS comm
       FROM events WHERE ${inRun(tables)} ORDER BY timestamp, duration DESC`,
    )
    .iterate(origin, run.node, run.from, run.to);
  for (const row of rows) yield eventOf(row);
};
