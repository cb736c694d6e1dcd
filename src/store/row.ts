// Typed readers of the columns of a row, so that nobody has to believe what SQLite returns.
import type { SQLOutputValue } from 'node:sqlite';

/** A value as SQLite returns it. */
export type Value = SQLOutputValue;
/** A row as SQLite returns it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A column that does not hold what its declaration says: the file was not written by this program. */
export class WrongColumn extends Error {
  constructor(column: string, wanted: string, found: SQLOutputValue | undefined) {
    super(`column ${column} should be ${wanted} and is ${found === null ? 'null' : typeof found}`);
    this.name = 'WrongColumn';
  }
}

/** A number, or null where the column is null. Throws WrongColumn for anything else. */
export const maybeNumber = (row: Row, column: string): number | null => {
  const value = row[column];
  if (typeof value === 'number' || value === null) return value;
  throw new WrongColumn(column, 'a number', value);
};

/** A number. Throws WrongColumn for anything else. */
export const number = (row: Row, column: string): number => {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw new WrongColumn(column, 'a number', value);
};

/** A text, or null where the column is null. Throws WrongColumn for anything else. */
export const maybeText = (row: Row, column: string): string | null => {
  const value = row[column];
  if (typeof value === 'string' || value === null) return value;
  throw new WrongColumn(column, 'a text', value);
};

/** A text. Throws WrongColumn for anything else. */
export const text = (row: Row, column: string): string => {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new WrongColumn(column, 'a text', value);
};

/** The bytes of a blob. Throws WrongColumn for anything else. */
export const blob = (row: Row, column: string): Uint8Array => {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw new WrongColumn(column, 'a blob', value);
};

/** A number by its position, of a row that came as an array (`setReturnArrays`): for many rows. Throws WrongColumn for anything else. */
export const at = (row: Row, position: number): number => {
  const value = row[position];
  if (typeof value === 'number') return value;
  throw new WrongColumn(String(position), 'a number', value);
};

/** The same, or null where the column is null. */
export const maybeAt = (row: Row, position: number): number | null => {
  const value = row[position];
  if (typeof value === 'number' || value === null) return value;
  throw new WrongColumn(String(position), 'a number', value);
};
