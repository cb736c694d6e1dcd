// Inserts rows of numbers many at a time: the cost of a statement is paid once for 128 rows.
import type { RowSink, Sealer } from './evidence/sealer.ts';
import type { Database, Statement } from './open.ts';

const ROWS = 128;

/** Rows waiting to be inserted into one table. Row ids count from 1 in the order of `next`. */
export class Batch {
  /** The values of the waiting rows, one after the other: fill `values[i]` to `values[i + columns - 1]` after `next`. */
  readonly values: (number | null)[];
  #count = 0;
  #id = 0;
  readonly #columns: number;
  readonly #many: Statement;
  readonly #one: Statement;
  readonly #sink: RowSink | undefined;

  /** `columns` are the names without the id, which the batch numbers by itself. `sealer` is told of all rows, if there is one. */
  constructor(database: Database, table: string, columns: readonly string[], sealer?: Sealer) {
    const names = ['id', ...columns];
    const row = `(${names.map(() => '?').join(', ')})`;
    const into = `INSERT INTO ${table} (${names.join(', ')}) VALUES `;
    this.#columns = names.length;
    this.#many = database.prepare(into + Array.from({ length: ROWS }, () => row).join(', '));
    this.#one = database.prepare(into + row);
    this.#sink = sealer?.sinkOf(table, names);
    this.values = new Array<number | null>(ROWS * names.length).fill(null);
  }

  /** Id of the row made last. */
  get lastId(): number {
    return this.#id;
  }

  /** Makes room for a row with the next id and returns the index of its first column after the id. */
  next(): number {
    if (this.#count === ROWS) this.#flushFull();
    const at = this.#count * this.#columns;
    this.#count++;
    this.#id++;
    this.values[at] = this.#id;
    return at + 1;
  }

  /** Inserts what waits. */
  flush(): void {
    if (this.#count === ROWS) this.#flushFull();
    if (this.#count > 0) this.#sink?.(this.values, this.#count);
    for (let i = 0; i < this.#count; i++)
      this.#one.run(...this.values.slice(i * this.#columns, (i + 1) * this.#columns));
    this.#count = 0;
  }

  #flushFull(): void {
    this.#sink?.(this.values, ROWS);
    this.#many.run(...this.values);
    this.#count = 0;
  }
}
