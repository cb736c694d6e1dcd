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

  const earlierCalls = (call: BriefCall, most: number): number => {
    const sameFunction = call.fn === null ? '' : 'AND c.args IN (SELECT id FROM call_args WHERE fn = ?)';
    const scan = database.prepare(
      `SELECT count(*) AS n FROM (SELECT 1 FROM call c WHERE c.id < ? AND c.start_ns < ? AND ${sameOp} ${sameFunction} LIMIT ?)`,
    );
    const values = [call.op, threads.ofPid(call.pid), ...(call.fn === null ? [] : [call.fn])];
    const row = scan.get(call.id, call.start_ns, ...values, most);
    return row === undefined ? 0 : number(row, 'n');
  };

  return { siblingDurations, earlierCalls };
};
