// Inserts rows of numbers many at a time: the cost of a statement is paid once for 128 rows, and that of binding a value only
// where the rows differ in it. Knows columns, not what they mean.
import type { RowSink, Sealer } from './evidence/sealer.ts';
import type { Database, Statement } from './open.ts';

const ROWS = 128;
/** Rows that one statement inserts: all of a full batch; of others as many as fit, largest first. */
const SIZES = [ROWS, 16, 1] as const;
/** Prepared statements of a table at most, each of 0.1 to 0.2 MB: after that all columns are bound. */
const MOST_STATEMENTS = 16;

/** What the rows of a statement have in a column: values of their own, nothing at all, or all of them 0. */
const OWN = 0;
const NOTHING = 1;
const ZERO = 2;
type Content = typeof OWN | typeof NOTHING | typeof ZERO;

/** A statement for rows of one shape, the columns it binds, and the place where their values are put together. */
type Shape = {
  readonly statement: Statement;
  readonly own: readonly number[];
  readonly bound: (number | null)[];
};

/** Rows waiting to be inserted into one table. Row ids count from 1 in the order of `next`. */
export class Batch {
  /** The values of the waiting rows, one after the other: fill `values[i]` to `values[i + columns - 1]` after `next`. */
  readonly values: (number | null)[];
  #count = 0;
  #id = 0;
  readonly #database: Database;
  readonly #table: string;
  readonly #names: readonly string[];
  readonly #shapes = new Map<number, Shape>();
  readonly #sink: RowSink | undefined;

  /** `columns` are the names without the id, which the batch numbers by itself. `sealer` is told of all rows, if there is one. */
  constructor(database: Database, table: string, columns: readonly string[], sealer?: Sealer) {
    this.#database = database;
    this.#table = table;
    this.#names = ['id', ...columns];
    this.#sink = sealer?.sinkOf(table, this.#names);
    this.values = new Array<number | null>(ROWS * this.#names.length).fill(null);
  }

  /** Id of the row made last. */
  get lastId(): number {
    return this.#id;
  }

  /** Makes room for a row with the next id and returns the index of its first column after the id. */
  next(): number {
    if (this.#count === ROWS) this.flush();
    const at = this.#count * this.#names.length;
    this.#count++;
    this.#id++;
    this.values[at] = this.#id;
    return at + 1;
  }

  /** Inserts what waits. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#sink?.(this.values, count);
    let from = 0;
    for (const [size, rows] of SIZES.entries())
      for (; from + rows <= count; from += rows) this.#insert(from, size, rows);
    this.#count = 0;
  }

  #insert(from: number, size: number, rows: number): void {
    const { values } = this;
    const columns = this.#names.length;
    let key = 0;
    if (rows === ROWS) for (let column = 1; column < columns; column++) key = key * 3 + this.#contentOf(column);
    const { statement, own, bound } = this.#shapeOf(key, size, rows);
    bound[0] = values[from * columns] ?? null;
    let to = 1;
    for (let row = from; row < from + rows; row++)
      for (let i = 0; i < own.length; i++) bound[to++] = values[row * columns + (own[i] ?? 0)] ?? null;
    statement.run(...bound);
  }

  /** Of a column in a full batch. */
  #contentOf(column: number): Content {
    const { values } = this;
    const columns = this.#names.length;
    const first = values[column];
    if (first !== null && first !== 0) return OWN;
    for (let row = 1; row < ROWS; row++) if (values[row * columns + column] !== first) return OWN;
    return first === null ? NOTHING : ZERO;
  }

  #shapeOf(key: number, size: number, rows: number): Shape {
    const name = key * SIZES.length + size;
    const found = this.#shapes.get(name);
    if (found !== undefined) return found;
    if (key !== 0 && this.#shapes.size >= MOST_STATEMENTS) return this.#shapeOf(0, size, rows);
    const made = this.#prepare(key, rows);
    this.#shapes.set(name, made);
    return made;
  }

  /** `key`: the contents of the columns after the id as the digits of a number to the base of 3. */
  #prepare(key: number, rows: number): Shape {
    const contents = this.#names.map((_, i): Content => {
      const digit = Math.floor(key / 3 ** (this.#names.length - 1 - i)) % 3;
      return i === 0 || digit === 0 ? OWN : digit === 1 ? NOTHING : ZERO;
    });
    const kept = this.#names
      .map((name, i) => ({ name, i, content: contents[i] }))
      .filter(({ content }) => content !== NOTHING);
    // SQLite numbers the rows after the first by itself, one after the other: an id less to bind for each.
    const rowOf = (id: string) =>
      `(${kept.map(({ i, content }) => (i === 0 ? id : content === ZERO ? '0' : '?')).join(', ')})`;
    const list = [rowOf('?'), ...Array.from({ length: rows - 1 }, () => rowOf('NULL'))].join(', ');
    const own = kept.filter(({ i, content }) => i > 0 && content === OWN).map(({ i }) => i);
    return {
      statement: this.#database.prepare(
        `INSERT INTO ${this.#table} (${kept.map(({ name }) => name).join(', ')}) VALUES ${list}`,
      ),
      own,
      bound: new Array<number | null>(1 + rows * own.length).fill(null),
    };
  }
}
