// Which segments of calls are read where a question is about more calls than can be read in an instant: those in which the
// longest calls of each process and operation ended, by the totals of each second, and others that lie evenly over the rest
// and stand for all of it. Knows durations only, not what is slow.
import { BUCKETS, bucketStart, decodeHistogram } from '../base/histogram.ts';
import type { Database } from './open.ts';
import { type IdRange, rowsIn, type SegmentRow, type Segments } from './read-segments.ts';
import type { CallFilter, Window } from './recording.ts';
import { at, blob, number } from './row.ts';

/** Rows up to which all are read. */
export const MOST_ROWS = 1_000_000;
/** Rows that are read of more: those with the longest calls, and those that stand for the rest. */
const LIMITS = { most: MOST_ROWS, certain: 120_000, sampled: 120_000 } as const;
export type Limits = { readonly most: number; readonly certain: number; readonly sampled: number };
/** The longest calls of a process and operation that are looked for, about; and seconds that are looked at for them. */
const LONGEST = 64;
const MOST_SECONDS = 16;

/** A segment to be read, and how many rows like its own each of its rows stands for. */
export type Chosen = IdRange & { readonly weight: number };

type Wanted = Pick<CallFilter, 'window' | 'pid' | 'op'>;
/** A second in which the longest call of a process and operation took `max`. */
type Cell = { readonly second: number; readonly max: number };

/** For each process and operation the duration from which on there are only a few calls, as JSON. */
const longFrom = (database: Database, { pid, op }: Wanted, floor: number): string => {
  const rows = database
    .prepare(
      `SELECT pid, op, histogram FROM total WHERE max_ns >= ?1 AND (?2 IS NULL OR pid = ?2)
       AND (?3 IS NULL OR op IN (SELECT id FROM meta_op WHERE name = ?3))`,
    )
    .all(floor, pid ?? null, op ?? null);
  const least = (histogram: Float64Array): number => {
    let calls = 0;
    for (let bucket = BUCKETS - 1; bucket > 0; bucket--) {
      const more = histogram[bucket] ?? 0;
      // The fullest bucket of all is taken, too, when it is the first with any.
      if (calls > 0 && calls + more > LONGEST) return bucketStart(bucket + 1);
      calls += more;
    }
    return 0;
  };
  return JSON.stringify(
    rows.map((row) => [
      number(row, 'pid'),
      number(row, 'op'),
      Math.max(floor, least(decodeHistogram(blob(row, 'histogram')))),
    ]),
  );
};

const EVER: Window = { start_ns: 0, end_ns: Number.MAX_SAFE_INTEGER };

/** Of each process and operation the seconds with the longest calls, longest first. */
const longestCells = (database: Database, wanted: Wanted, floor: number): readonly (readonly Cell[])[] => {
  const { start_ns, end_ns } = wanted.window ?? EVER;
  const statement = database.prepare(
    `WITH least (pid, op, ns) AS MATERIALIZED (SELECT CAST(value ->> 0 AS INTEGER), CAST(value ->> 1 AS INTEGER), value ->> 2 FROM json_each(?1))
     SELECT s.second, s.pid, s.op, s.max_ns FROM second s CROSS JOIN least l ON l.pid = s.pid AND l.op = s.op
     WHERE s.second BETWEEN ?2 AND ?3 AND s.max_ns >= l.ns`,
  );
  statement.setReturnArrays(true);
  const cells = new Map<string, Cell[]>();
  const rows = statement.all(longFrom(database, wanted, floor), Math.floor(start_ns / 1e9), Math.floor(end_ns / 1e9));
  for (const row of rows) {
    const key = `${at(row, 1)} ${at(row, 2)}`;
    const known = cells.get(key) ?? [];
    if (known.length === 0) cells.set(key, known);
    known.push({ second: at(row, 0), max: at(row, 3) });
  }
  return [...cells]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, list]) => list.sort((a, b) => b.max - a.max || a.second - b.second).slice(0, MOST_SECONDS));
};

/** Segments with the longest calls: of each process and operation the longest before the next of any. */
const certainOf = (segments: Segments, cells: readonly (readonly Cell[])[], most: number): ReadonlySet<number> => {
  const chosen = new Set<number>();
  let rows = 0;
  for (let turn = 0; turn < MOST_SECONDS; turn++)
    for (const list of cells) {
      const cell = list[turn];
      if (cell === undefined) continue;
      const second = { start_ns: cell.second * 1e9, end_ns: (cell.second + 1) * 1e9 };
      for (const segment of segments.matching('call', second, cell.max)) {
        if (chosen.has(segment.first)) continue;
        rows += rowsIn([segment]);
        if (rows > most) return chosen;
        chosen.add(segment.first);
      }
    }
  return chosen;
};

/** So many rows of the segments, evenly. */
const evenly = (all: readonly SegmentRow[], most: number): readonly SegmentRow[] => {
  const every = Math.max(1, rowsIn(all) / most);
  let next = 0;
  return all.filter((_, i) => {
    if (i < next) return false;
    next += every;
    return true;
  });
};

/**
 * Segments in which calls of the filter are looked for, in the order of writing: all of them, or as many as can be read. Calls
 * of at least `floor` ns are wanted.
 */
export const chooseSegments = (
  database: Database,
  segments: Segments,
  wanted: Wanted,
  floor: number,
  limits: Limits = LIMITS,
): readonly Chosen[] => {
  const all = segments.matching('call', wanted.window, floor);
  if (rowsIn(all) <= limits.most) return all.map(({ first, last }) => ({ first, last, weight: 1 }));
  const certain = certainOf(segments, longestCells(database, wanted, floor), limits.certain);
  const rest = all.filter(({ first }) => !certain.has(first));
  const sampled = evenly(rest, limits.sampled);
  const weight = rowsIn(rest) / Math.max(1, rowsIn(sampled));
  const standing = new Set(sampled.map(({ first }) => first));
  return all.flatMap(({ first, last }) => {
    if (certain.has(first)) return [{ first, last, weight: 1 }];
    return standing.has(first) ? [{ first, last, weight }] : [];
  });
};
