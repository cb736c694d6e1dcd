// Finds rows of a raw table by time without an index: rows are nearly in the order of time, and `segment` says which
// time span each run of them covers.
import type { Database } from './open.ts';
import type { Window } from './recording.ts';
import { number } from './row.ts';

export type RawTable = 'call' | 'off_cpu' | 'run_slice' | 'cpu_sample';

/** Rows `first` to `last` by id, both included. */
export type IdRange = { readonly first: number; readonly last: number };
/** Rows written together: their earliest start, latest end and longest duration in ns. */
export type SegmentRow = IdRange & { readonly start: number; readonly end: number; readonly longest: number };

const everything = (database: Database, table: RawTable): readonly SegmentRow[] => {
  const row = database.prepare(`SELECT coalesce(max(id), 0) AS last FROM ${table}`).get();
  const last = row === undefined ? 0 : number(row, 'last');
  const unknown = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY, longest: Number.POSITIVE_INFINITY };
  return last === 0 ? [] : [{ first: 1, last, ...unknown }];
};

const readAll = (database: Database, table: RawTable): readonly SegmentRow[] => {
  const found = database
    .prepare(
      'SELECT first_id, last_id, start_ns, end_ns, longest_ns FROM segment WHERE table_name = ? ORDER BY first_id',
    )
    .all(table)
    .map((row) => ({
      first: number(row, 'first_id'),
      last: number(row, 'last_id'),
      start: number(row, 'start_ns'),
      end: number(row, 'end_ns'),
      longest: number(row, 'longest_ns'),
    }));
  return found.length > 0 ? found : everything(database, table);
};

/** The segments of a recording. They are read once, so they do not grow with a file that is being written. */
export const createSegments = (database: Database) => {
  const known = new Map<RawTable, readonly SegmentRow[]>();
  const of = (table: RawTable): readonly SegmentRow[] => {
    const found = known.get(table);
    if (found !== undefined) return found;
    const read = readAll(database, table);
    known.set(table, read);
    return read;
  };
  return {
    of,
    /** Segments in which a row may overlap the window and last `minDuration` ns, in the order of writing. */
    matching: (table: RawTable, window: Window | undefined, minDuration = 0): readonly SegmentRow[] =>
      of(table).filter(
        ({ start, end, longest }) =>
          longest >= minDuration && (window === undefined || (start < window.end_ns && end >= window.start_ns)),
      ),
    /** Number of rows of a table. */
    rows: (table: RawTable): number => of(table).at(-1)?.last ?? 0,
  };
};

export type Segments = ReturnType<typeof createSegments>;

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
