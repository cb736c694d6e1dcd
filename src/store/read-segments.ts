// Finds rows of a raw table by time without an index: rows are nearly in the order of time, and `segment` says which
// time span each run of them covers.
import type { Database } from './open.ts';
import type { Window } from './recording.ts';
import { at, number } from './row.ts';

export type RawTable = 'call' | 'off_cpu' | 'run_slice' | 'cpu_sample';

/** Rows `first` to `last` by id, both included. */
export type IdRange = { readonly first: number; readonly last: number };
/** Rows written together: their earliest start, latest end and longest duration in ns. */
export type SegmentRow = IdRange & { readonly start: number; readonly end: number; readonly longest: number };

/** Segments that are passed over together. */
const BLOCK = 64;
type Block = { readonly from: number; start: number; end: number; longest: number };

/** All segments of a table in the order of writing, and what each block of them spans. */
type Known = { readonly all: readonly SegmentRow[]; readonly blocks: readonly Block[] };

const blocksOf = (all: readonly SegmentRow[]): readonly Block[] => {
  const blocks: Block[] = [];
  for (const [i, { start, end, longest }] of all.entries()) {
    const block = blocks.at(-1);
    if (block === undefined || i % BLOCK === 0) blocks.push({ from: i, start, end, longest });
    else {
      block.start = Math.min(block.start, start);
      block.end = Math.max(block.end, end);
      block.longest = Math.max(block.longest, longest);
    }
  }
  return blocks;
};

/** First and last row of a table; of an empty one the last is 0. */
const endsOf = (database: Database, table: RawTable): IdRange => {
  // Two questions: SQLite looks up the end of a table for one, and reads all of it for both at once.
  const row = database
    .prepare(
      `SELECT (SELECT coalesce(min(id), 1) FROM ${table}) AS first, (SELECT coalesce(max(id), 0) FROM ${table}) AS last`,
    )
    .get();
  return row === undefined ? { first: 1, last: 0 } : { first: number(row, 'first'), last: number(row, 'last') };
};

const readAll = (database: Database, table: RawTable, ends: IdRange): readonly SegmentRow[] => {
  const statement = database.prepare(
    'SELECT first_id, last_id, start_ns, end_ns, longest_ns FROM segment WHERE table_name = ? ORDER BY id',
  );
  statement.setReturnArrays(true);
  const found = statement
    .all(table)
    .map((row) => ({ first: at(row, 0), last: at(row, 1), start: at(row, 2), end: at(row, 3), longest: at(row, 4) }));
  const first = Math.max(ends.first, (found.at(-1)?.last ?? 0) + 1);
  if (first > ends.last) return found;
  // Rows that no segment tells of: those written last, or all of them.
  const unknown = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY, longest: Number.POSITIVE_INFINITY };
  return [...found, { first, last: ends.last, ...unknown }];
};

const createIndex = (database: Database) => {
  const known = new Map<RawTable, Known>();
  const ends = new Map<RawTable, IdRange>();
  const idsOf = (table: RawTable): IdRange => {
    const found = ends.get(table) ?? endsOf(database, table);
    ends.set(table, found);
    return found;
  };
  const knownOf = (table: RawTable): Known => {
    const found = known.get(table);
    if (found !== undefined) return found;
    const all = readAll(database, table, idsOf(table));
    const read = { all, blocks: blocksOf(all) };
    known.set(table, read);
    return read;
  };
  return {
    of: (table: RawTable): readonly SegmentRow[] => knownOf(table).all,
    /** Segments in which a row may overlap the window and last `minDuration` ns, in the order of writing. */
    matching: (table: RawTable, window: Window | undefined, minDuration = 0): readonly SegmentRow[] => {
      const { all, blocks } = knownOf(table);
      const isMatch = ({ start, end, longest }: Omit<SegmentRow, 'first' | 'last'>): boolean =>
        longest >= minDuration && (window === undefined || (start < window.end_ns && end >= window.start_ns));
      return blocks.flatMap((block) =>
        isMatch(block) ? all.slice(block.from, block.from + BLOCK).filter(isMatch) : [],
      );
    },
    /** Ids of the first and the last row of a table, without reading its segments. */
    idsOf,
    /** Number of rows of a table. */
    rows: (table: RawTable): number => idsOf(table).last - idsOf(table).first + 1,
  };
};

export type Segments = ReturnType<typeof createIndex>;

const opened = new WeakMap<Database, Segments>();

/** The segments of a recording. They are read once for each time it is opened, so they do not grow with a file that is being written. */
export const createSegments = (database: Database): Segments => {
  const found = opened.get(database) ?? createIndex(database);
  opened.set(database, found);
  return found;
};

/** Neighbouring ranges as one. */
export const merged = (ranges: readonly IdRange[]): readonly IdRange[] => {
  const joined: { first: number; last: number }[] = [];
  for (const { first, last } of ranges) {
    const previous = joined.at(-1);
    if (previous !== undefined && first <= previous.last + 1) previous.last = Math.max(previous.last, last);
    else joined.push({ first, last });
  }
  return joined;
};

/** Rows of segments that may overlap a window; of rows without a time as many as if they lay evenly over `all`. */
export const rowsAbout = (segments: readonly SegmentRow[], window: Window, all: Window): number => {
  const whole = all.end_ns - all.start_ns;
  const part = whole <= 0 ? 1 : Math.min(1, (window.end_ns - window.start_ns) / whole);
  return segments.reduce(
    (sum, { first, last, start }) => sum + (Number.isFinite(start) ? 1 : part) * (last - first + 1),
    0,
  );
};

/** Rows in segments. */
export const rowsIn = (ranges: readonly IdRange[]): number =>
  ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
