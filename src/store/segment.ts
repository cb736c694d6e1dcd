// Remembers which time span the rows written in one go cover, so that a window is found without an index.
import type { Batch } from './batch.ts';
import type { Database } from './open.ts';

/** Rows of a segment at most: small enough to be searched in an instant. */
const MOST_ROWS = 8192;

/** Counts the rows of one table between two commits and writes a `segment` row for them. */
export class Segment {
  #first = 0;
  #start = Number.POSITIVE_INFINITY;
  #end = 0;
  #longest = 0;
  readonly #table: string;
  readonly #batch: Batch;
  readonly #insert: ReturnType<Database['prepare']>;

  constructor(database: Database, table: string, batch: Batch) {
    this.#table = table;
    this.#batch = batch;
    this.#insert = database.prepare(
      'INSERT INTO segment (table_name, first_id, last_id, start_ns, end_ns, longest_ns) VALUES (?, ?, ?, ?, ?, ?)',
    );
  }

  /** Tells of a row just made; times in ns. */
  saw(start: number, duration: number): void {
    if (this.#first !== 0 && this.#batch.lastId - this.#first >= MOST_ROWS) this.#write(this.#batch.lastId - 1);
    if (this.#first === 0) this.#first = this.#batch.lastId;
    if (start < this.#start) this.#start = start;
    if (start + duration > this.#end) this.#end = start + duration;
    if (duration > this.#longest) this.#longest = duration;
  }

  /** Writes the segment of the rows seen since the last time. */
  flush(): void {
    if (this.#first !== 0) this.#write(this.#batch.lastId);
  }

  #write(last: number): void {
    this.#insert.run(this.#table, this.#first, last, this.#start, this.#end, this.#longest);
    this.#first = 0;
    this.#start = Number.POSITIVE_INFINITY;
    this.#end = 0;
    this.#longest = 0;
  }
}
