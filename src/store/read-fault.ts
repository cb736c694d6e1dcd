// Turns what SQLite throws while a recording is read into an error in the user's words.
import { messageOf, systemCodeOf, UserError } from '../base/errors.ts';
import { errors } from './errors.ts';
import { WrongColumn } from './row.ts';

// Primary result codes: https://www.sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const IOERR = 10;
const CORRUPT = 11;
const CANTOPEN = 14;
const NOTADB = 26;

const resultCodeOf = (thrown: unknown): number =>
  thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : -1;

/** A table or column that every recording has, or a number beyond what any recorder writes. */
const isForeign = (thrown: unknown): boolean =>
  thrown instanceof WrongColumn ||
  systemCodeOf(thrown) === 'ERR_OUT_OF_RANGE' ||
  (thrown instanceof Error && /^no such (table|column)/.test(thrown.message));

/** Whether SQLite said that another program holds the file. */
export const isHeld = (thrown: unknown): boolean => [BUSY, LOCKED].includes(resultCodeOf(thrown));

/** The UserError for what was thrown while reading a file; anything that is not the file's fault comes back unchanged. */
export const readFault = (path: string, thrown: unknown): unknown => {
  if (thrown instanceof UserError) return thrown;
  const why = messageOf(thrown);
  if (isForeign(thrown)) return errors.damaged({ path, why }, thrown);
  switch (resultCodeOf(thrown)) {
    case BUSY:
    case LOCKED:
      return errors.locked({ path, why }, thrown);
    case IOERR:
    case CANTOPEN:
      return errors.vanished({ path, why }, thrown);
    case CORRUPT:
    case NOTADB:
      return errors.damaged({ path, why }, thrown);
    default:
      return thrown;
  }
};

/** The same function, throwing in the user's words. */
export const guarded =
  <A extends readonly unknown[], R>(path: string, read: (...args: A) => R) =>
  (...args: A): R => {
    try {
      return read(...args);
    } catch (thrown) {
      throw readFault(path, thrown);
    }
  };
