// Remembers which time span the rows written together cover, so that a window is found without an index.
import type { Batch } from './batch.ts';
import type { Database } from './open.ts';

/** Rows of a segment at most: small enough to be searched in an instant. */
const MOST_ROWS = 2048;
/** With a commit it ends when it has so many rows, or spans so much time: few rows are no reason for a row about them. */
const ENOUGH_ROWS = 512;
const LONG_NS = 5e9;

/** Counts the rows of `segment`, which all tables share: no id is given again when the last row has been taken away. */
export type SegmentIds = { last: number };

/**
 * Counts the rows of one table and writes a `segment` row for each run of them. Rows after the last segment belong to none yet:
 * whoever reads a recording that is not complete looks at them besides.
 */
export class Segment {
  #first = 0;
  #start = Number.POSITIVE_INFINITY;
  #end = 0;
  #longest = 0;
  /** End of its first row. */
  #began = 0;
  readonly #table: string;
  readonly #batch: Batch;
  readonly #ids: SegmentIds;
  readonly #insert: ReturnType<Database['prepare']>;

  constructor(database: Database, table: string, batch: Batch, ids: SegmentIds) {
    this.#table = table;
    this.#batch = batch;
    this.#ids = ids;
    this.#insert = database.prepare(
      'INSERT INTO segment (id, table_name, first_id, last_id, start_ns, end_ns, longest_ns) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** Tells of a row just made; times in ns. */
  saw(start: number, duration: number): void {
    const end = start + duration;
    if (this.#first !== 0 && this.#batch.lastId - this.#first >= MOST_ROWS) this.#write(this.#batch.lastId - 1);
    if (this.#first === 0) {
      this.#first = this.#batch.lastId;
      this.#began = end;
    }
    if (start < this.#start) this.#start = start;
    if (end > this.#end) this.#end = end;
    if (duration > this.#longest) this.#longest = duration;
  }

  /** With a commit: writes the segment of the rows seen since the last one if it is large enough, or if it is the last. */
  flush(isLast: boolean): void {
    if (this.#first === 0) return;
    const rows = this.#batch.lastId - this.#first + 1;
    if (isLast || rows >= ENOUGH_ROWS || this.#end - this.#began >= LONG_NS) this.#write(this.#batch.lastId);
  }

  #write(last: number): void {
    this.#insert.run(++this.#ids.last, this.#table, this.#first, last, this.#start, this.#end, this.#longest);
    this.#first = 0;
    this.#start = Number.POSITIVE_INFINITY;
    this.#end = 0;
    this.#longest = 0;
  }
}
