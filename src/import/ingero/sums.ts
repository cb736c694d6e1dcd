// The sums that the file keeps by the minute of all events, also of those without a row: exact counts, and what is lacking.
import { countText, durationText } from '../../base/units.ts';
import type { Database } from '../../store/open.ts';
import { number } from '../../store/row.ts';
import type { RecordingWriter } from '../../store/writer.ts';
import type { Tables } from '../importer.ts';
import type { Event } from './events.ts';
import type { Ops } from './ops.ts';
import type { Run } from './run.ts';
import { hostOps, sources } from './schema.ts';
import type { Stretch } from './sight.ts';

const MINUTE = 60e9;
/** Rows so near to the edge of a minute may have been counted in the next one. */
const EDGE = 2e9;
/** Missing time in a minute that does not matter to what a thread did in it: 1 %. */
const SMALL = 0.01;
const MOST = 1_000_000;
/** Kinds that the detail of a loss names, and threads of a minute that have a loss of their own. */
const NAMED = 6;
const THREADS = 64;

type Rows = { count: number; near: number; sum: number; max: number };
type Bucket = {
  readonly source: number;
  readonly op: number;
  readonly pid: number;
  readonly count: number;
  readonly stored: number;
  readonly sum: number;
  readonly max: number;
  /** ns since the recording began, cut to it. */
  readonly start: number;
  readonly end: number;
  readonly rows: Rows;
};

const noRows = (): Rows => ({ count: 0, near: 0, sum: 0, max: 0 });
const isSwitch = ({ source, op }: { readonly source: number; readonly op: number }) =>
  source === sources.host && op === hostOps.switch;
const lackOf = ({ count, rows }: Bucket): number => Math.max(0, count - rows.count);

type Parts = {
  readonly database: Database;
  readonly tables: Tables;
  readonly run: Run;
  readonly origin: bigint;
  readonly ops: Ops;
};

/** Counts rows by the minutes of the file, and holds its sums against them. */
export const createSums = ({ database, tables, run, origin, ops }: Parts) => {
  const phase = Number(origin % BigInt(MINUTE));
  const counted = new Map<string, Rows>();
  const keyOf = (minute: number, source: number, op: number, pid: number) => `${minute} ${source} ${op} ${pid}`;
  const has = tables.get('event_aggregates')?.has('stored') === true;

  const read = (end: number): readonly Bucket[] => {
    if (!has) return [];
    const from = run.from - BigInt(MINUTE);
    return database
      .prepare(
        `SELECT (bucket - ?) + 0.0 AS at, CAST(source AS REAL) AS source, CAST(op AS REAL) AS op, CAST(pid AS REAL) AS pid,
         CAST(count AS REAL) AS count, CAST(stored AS REAL) AS stored, CAST(sum_dur AS REAL) AS sum, CAST(max_dur AS REAL) AS max
         FROM event_aggregates WHERE typeof(bucket) = 'integer' AND bucket >= ? AND bucket < ? ORDER BY bucket, source, op, pid LIMIT ?`,
      )
      .all(origin, from, run.to, MOST)
      .map((row) => {
        const at = number(row, 'at');
        const [source, op, pid] = [number(row, 'source'), number(row, 'op'), number(row, 'pid')];
        const [start, stop] = [Math.min(end, Math.max(0, at)), Math.min(end, Math.max(0, at + MINUTE))];
        const rows = counted.get(keyOf(Math.floor((at + phase) / MINUTE), source, op, pid)) ?? noRows();
        const [count, stored, sum, max] = [
          number(row, 'count'),
          number(row, 'stored'),
          number(row, 'sum'),
          number(row, 'max'),
        ];
        return { source, op, pid, count, stored, sum, max, start, end: stop, rows };
      })
      .filter(({ count, sum, start, end: stop }) => count >= 0 && sum >= 0 && stop > start);
  };

  /** One loss for each minute, with the kinds that most is lacking of. */
  const lose = (
    writer: RecordingWriter,
    reason: 'call_sampled' | 'row_missing' | 'total_missing',
    buckets: readonly Bucket[],
    lacking: (bucket: Bucket) => number,
    named: (bucket: Bucket) => string,
  ) => {
    for (const [start, group] of Map.groupBy(buckets, (bucket) => bucket.start)) {
      const most = group.filter((bucket) => lacking(bucket) > 0).sort((a, b) => lacking(b) - lacking(a));
      const count = most.reduce((sum, bucket) => sum + lacking(bucket), 0);
      if (count === 0) continue;
      const more = most.length > NAMED ? `, ${most.length - NAMED} more` : '';
      writer.loss(reason, start, most[0]?.end ?? start, count, most.slice(0, NAMED).map(named).join(', ') + more);
    }
  };

  /** One loss for each minute and thread, so that what one thread lacks is no doubt about another; the rest is one more. */
  const loseByThread = (
    writer: RecordingWriter,
    reason: 'wait_sampled' | 'row_missing',
    buckets: readonly Bucket[],
    lacking: (bucket: Bucket) => number,
  ) => {
    const told = (bucket: Bucket) =>
      `${countText(lacking(bucket), 'interval')}, ${durationText(Math.max(0, bucket.sum - bucket.rows.sum))}`;
    for (const [start, group] of Map.groupBy(buckets, (bucket) => bucket.start)) {
      const most = group.filter((bucket) => lacking(bucket) > 0).sort((a, b) => lacking(b) - lacking(a));
      for (const bucket of most.slice(0, THREADS))
        writer.loss(reason, start, bucket.end, lacking(bucket), `thread ${bucket.pid}: ${told(bucket)}`);
      const rest = most.slice(THREADS);
      const count = rest.reduce((sum, bucket) => sum + lacking(bucket), 0);
      if (count > 0)
        writer.loss(reason, start, rest[0]?.end ?? start, count, `of ${countText(rest.length, 'other thread')}`);
    }
  };

  return {
    /** A row that is in the file. */
    note: ({ at, source, op, pid, duration }: Event): void => {
      if (!has) return;
      const inMinute = (at + phase) % MINUTE;
      const key = keyOf(Math.floor((at + phase) / MINUTE), source, op, pid);
      const rows = counted.get(key) ?? noRows();
      counted.set(key, rows);
      rows.count++;
      rows.sum += duration;
      rows.max = Math.max(rows.max, duration);
      if (inMinute < EDGE || inMinute > MINUTE - EDGE) rows.near++;
    },
    /** Adds to the totals what has no row, and says what is lacking. `end` of the recording. */
    settle: (writer: RecordingWriter, end: number, onPid: (pid: number) => void) => {
      const buckets = read(end);
      const calls = buckets.flatMap((bucket) => {
        const call = ops.callOf(bucket.source, bucket.op);
        return call === undefined ? [] : [{ ...bucket, call }];
      });
      for (const group of Map.groupBy(calls, ({ pid, call }) => `${pid} ${call.id}`).values()) {
        const [first] = group;
        if (first === undefined) continue;
        const total = (pick: (bucket: Bucket) => number) => group.reduce((sum, bucket) => sum + pick(bucket), 0);
        const most = (pick: (bucket: Bucket) => number) =>
          group.reduce((max, bucket) => Math.max(max, pick(bucket)), 0);
        const longest = most(({ max }) => max);
        writer.totals.addSummed(first.pid, first.call.id, {
          count: total(({ count }) => count) - total(({ rows }) => rows.count),
          sum: Math.max(0, total(({ sum }) => sum) - total(({ rows }) => rows.sum)),
          max: longest > most(({ rows }) => rows.max) ? longest : 0,
        });
      }
      for (const { pid, source } of buckets) if (source !== sources.io && source !== sources.net && pid > 0) onPid(pid);
      const switches = buckets.filter(isSwitch);
      const unkept = (bucket: Bucket) => Math.max(0, lackOf(bucket) - gone(bucket));
      const gone = ({ stored, count, rows }: Bucket) => Math.max(0, Math.min(stored, count) - rows.count);
      const byOp = ({ source, op, ...bucket }: Bucket) =>
        `${ops.callOf(source, op)?.op ?? ''} ${unkept({ source, op, ...bucket })}`;
      lose(writer, 'call_sampled', calls, unkept, byOp);
      loseByThread(writer, 'wait_sampled', switches, unkept);
      lose(writer, 'row_missing', calls, gone, (bucket) => {
        const what = ops.callOf(bucket.source, bucket.op)?.op ?? '';
        return `${gone(bucket)} of ${what} of ${bucket.pid}, ${durationText(Math.max(0, bucket.sum - bucket.rows.sum))} in all`;
      });
      loseByThread(writer, 'row_missing', switches, gone);
      const over = ({ count, rows }: Bucket) => Math.max(0, rows.count - rows.near - count);
      lose(writer, 'total_missing', [...calls, ...switches], over, ({ source, op }) => `${source}:${op}`);
      const isCounted = has && buckets.length > 0;
      if (!isCounted) writer.loss('total_missing', 0, end, 1, 'the file has no sums at all');
      return {
        /** Whether the file counts what has no row. */
        isCounted,
        /** Minutes in which intervals of a thread that matter have no row. */
        unsure: (tid: number): readonly Stretch[] =>
          switches.filter(
            (bucket) => bucket.pid === tid && bucket.sum - bucket.rows.sum > SMALL * (bucket.end - bucket.start),
          ),
      };
    },
  };
};
