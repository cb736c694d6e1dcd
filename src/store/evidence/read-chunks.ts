// Reads rows as SQLite keeps them and hashes them in chunks: what a seal says of rows that were not hashed as they were
// written, and what a check of any seal compares with. Knows tables and bytes, not chains.
import type { Database } from '../open.ts';
import type { Value } from '../row.ts';
import { type CanonicalValue, canonicalRow, sha256, type TextBytes } from './chain.ts';
import { type Coverage, quoted } from './coverage.ts';
import { CHUNK_ROWS, createNumberRows, type NumberValue } from './number-rows.ts';

/** Rows by the first column of the key: those after `after`, up to and with `last`. */
export type Range = { readonly after: number; readonly last: number };

/** Rows hashed together. `ids` are those that were found, where rows have ids; else rows are counted from 1. */
export type Chunk = { readonly hash: string; readonly ids: readonly number[] };

// Texts as bytes, since a file may hold what is no UTF-8 and would be read as something else. A blob comes as a text, so that
// the two can be told apart.
const columnSql = ({ name, isNumber }: Coverage['columns'][number]): string => {
  const column = quoted(name);
  return isNumber
    ? column
    : `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) WHEN 'blob' THEN hex(${column}) ELSE ${column} END`;
};

const selectSql = ({ table, columns, key }: Coverage, ranged: boolean): string => {
  const by = quoted(key[0] ?? 'rowid');
  const where = ranged ? ` WHERE ${by} > ? AND ${by} <= ?` : '';
  return `SELECT ${columns.map(columnSql).join(', ')} FROM ${quoted(table)}${where} ORDER BY ${key.map(quoted).join(', ')}`;
};

/** What stands in a column of texts or blobs. */
const textOrBlob = (value: Value): CanonicalValue | TextBytes => {
  if (value instanceof Uint8Array) return { utf8: value };
  return typeof value === 'string' ? Buffer.from(value, 'hex') : value;
};

/** A number as the recorder had it, `undefined` for anything that it never writes. */
const numberOf = (value: Value): NumberValue => {
  if (typeof value === 'bigint') {
    const found = Number(value);
    return Number.isSafeInteger(found) || BigInt(found) === value ? found : undefined;
  }
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? undefined : value;
  return value === null ? null : undefined;
};

/** Takes the rows of a chunk in order and gives their hash. */
type Hasher = { readonly add: (row: readonly Value[]) => void; readonly finish: () => string };

const numberHasher = (columns: number): Hasher => {
  const rows = createNumberRows(columns);
  return { add: (row) => rows.add(row.map(numberOf), 1), finish: () => rows.finish()[0] ?? '' };
};

const anyHasher = (columns: Coverage['columns']): Hasher => {
  let rows: Buffer[] = [];
  return {
    add: (row) => {
      rows.push(canonicalRow(row.map((value, i) => (columns[i]?.isNumber === true ? value : textOrBlob(value)))));
    },
    finish: () => {
      const bytes = Buffer.concat(rows);
      rows = [];
      return sha256(bytes).toString('hex');
    },
  };
};

/**
 * The chunks of the rows of a table, or of a range of them. Where rows have ids, the first chunk holds the 256 ids after
 * `after`, and so on, whether they are there or not; chunks without any row are left out, and `at` says which one it is.
 * Elsewhere each 256 rows are a chunk.
 */
export const readChunks = function* (
  database: Database,
  coverage: Coverage,
  range?: Range,
): Generator<Chunk & { readonly at: number }> {
  const hasher = coverage.numbers ? numberHasher(coverage.columns.length) : anyHasher(coverage.columns);
  const idAt = coverage.key[0] === 'id' ? coverage.columns.findIndex(({ name }) => name === 'id') : -1;
  const statement = database.prepare(selectSql(coverage, range !== undefined));
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const after = range?.after ?? 0;
  let at = 0;
  let counted = 0;
  let ids: number[] = [];
  for (const found of range === undefined ? statement.iterate() : statement.iterate(range.after, range.last)) {
    const row = Object.values(found);
    const id = idAt < 0 ? ++counted : Number(row[idAt]);
    const chunk = Math.floor((id - (idAt < 0 ? 0 : after) - 1) / CHUNK_ROWS);
    if (chunk !== at && ids.length > 0) {
      yield { at, hash: hasher.finish(), ids };
      ids = [];
    }
    at = chunk;
    ids.push(id);
    hasher.add(row);
  }
  if (ids.length > 0) yield { at, hash: hasher.finish(), ids };
};
