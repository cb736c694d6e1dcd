// Reads what calls of one kind usually take, and whether a call was the first of its kind.
import type { Database } from './open.ts';
import type { IdRange, Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import type { BriefCall, Siblings } from './recording.ts';
import { number } from './row.ts';

/** Rows that are looked at for siblings: all of a small recording, else this many in evenly spaced parts. */
const SAMPLED_ROWS = 65_536;
const PARTS = 16;

/** Evenly spaced ranges of ids that hold at most SAMPLED_ROWS rows together. */
export const sampledRanges = (rows: number, sampled = SAMPLED_ROWS, parts = PARTS): readonly IdRange[] => {
  if (rows <= sampled) return [{ first: 1, last: rows }];
  const size = Math.floor(sampled / parts);
  return Array.from({ length: parts }, (_, part) => {
    const first = 1 + Math.floor((part * (rows - size)) / (parts - 1));
    return { first, last: first + size - 1 };
  });
};

/** Readers of calls that are alike. */
export const createSiblingReader = (database: Database, segments: Segments, threads: Threads) => {
  const sameOp = 'c.op IN (SELECT id FROM meta_op WHERE name = ?) AND c.thread IN (SELECT value FROM json_each(?))';

  const siblingDurations = ({ pid, op, fn, bytes }: Siblings): readonly number[] => {
    const parts = [
      ...(fn === null ? [] : ['a.fn = ?']),
      ...(bytes === null
        ? []
        : ['coalesce(a.bytes, a.width * a.height) >= ?', 'coalesce(a.bytes, a.width * a.height) < ?']),
    ];
    const scan = database.prepare(
      `SELECT c.duration_ns FROM call c ${parts.length === 0 ? '' : 'CROSS JOIN call_args a ON a.id = c.args'}
       WHERE c.id BETWEEN ? AND ? AND ${[sameOp, ...parts].join(' AND ')}`,
    );
    const values = [...(fn === null ? [] : [fn]), ...(bytes === null ? [] : [bytes.from, bytes.to])];
    return sampledRanges(segments.rows('call')).flatMap(({ first, last }) =>
      scan.all(first, last, op, threads.ofPid(pid), ...values).map((row) => number(row, 'duration_ns')),
    );
  };

  const firsts = new Map<string, { readonly id: number; readonly start: number } | undefined>();
  const sameKind = ({ op, pid, fn }: BriefCall) => ({
    sql: `${sameOp}${fn === null ? '' : ' AND c.args IN (SELECT id FROM call_args WHERE fn = ?)'}`,
    values: [op, threads.ofPid(pid), ...(fn === null ? [] : [fn])],
  });

  /** The first call of its kind in the order of writing: a scan that ends there, done once for each kind. */
  const firstOf = (call: BriefCall): { readonly id: number; readonly start: number } | undefined => {
    const key = `${call.pid} ${call.op} ${call.fn ?? ''}`;
    if (firsts.has(key)) return firsts.get(key);
    const { sql, values } = sameKind(call);
    const row = database
      .prepare(`SELECT c.id, c.start_ns FROM call c WHERE ${sql} ORDER BY c.id LIMIT 1`)
      .get(...values);
    const first = row === undefined ? undefined : { id: number(row, 'id'), start: number(row, 'start_ns') };
    firsts.set(key, first);
    return first;
  };

  const earlierCalls = (call: BriefCall, most: number): number => {
    const first = firstOf(call);
    if (first === undefined || first.id >= call.id) return 0;
    if (most === 1 && first.start < call.start_ns) return 1;
    const { sql, values } = sameKind(call);
    const row = database
      .prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM call c WHERE c.id < ? AND c.start_ns < ? AND ${sql} LIMIT ?)`)
      .get(call.id, call.start_ns, ...values, most);
    return row === undefined ? 0 : number(row, 'n');
  };

  return { siblingDurations, earlierCalls };
};
