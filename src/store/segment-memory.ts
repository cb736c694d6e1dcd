// Keeps the rows of a segment in memory once they were asked for several times: one question looks at many short stretches
// of the same segment, and each would search it anew. Knows no tables.
import type { IdRange } from './read-segments.ts';

/** A segment that was asked for so often is read whole. */
const ASKED = 4;
/** Rows that are kept in all. */
const MOST_ROWS = 100_000;

/** `load` reads all rows of a segment that have a key. */
export const createSegmentMemory = <R>(load: (range: IdRange, key: number) => readonly R[]) => {
  const asked = new Map<string, number>();
  const kept = new Map<string, readonly R[]>();
  let rows = 0;
  /** All rows of a segment with a key, in the order of writing; undefined where searching it is cheaper so far. */
  return (range: IdRange, key: number): readonly R[] | undefined => {
    const name = `${key} ${range.first}`;
    const known = kept.get(name);
    if (known !== undefined) return known;
    const count = (asked.get(name) ?? 0) + 1;
    asked.set(name, count);
    if (count < ASKED || rows >= MOST_ROWS) return undefined;
    const read = load(range, key);
    rows += read.length;
    kept.set(name, read);
    return read;
  };
};
