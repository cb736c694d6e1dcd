// Tells a damaged or busy file from a bug: what SQLite says about the file becomes an error in the user's words.
import { messageOf, UserError } from '../base/errors.ts';
import { errors } from './errors.ts';

// Primary result codes: https://www.sqlite.org/rescode.html
const BUSY = 5;
const IOERR = 10;
const CORRUPT = 11;
const NOTADB = 26;

const resultCodeOf = (thrown: unknown): number =>
  thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : -1;

/** The UserError for what was thrown while reading a file; anything that is not the file's fault comes back unchanged. */
export const fileFault = (path: string, thrown: unknown): unknown => {
  if (thrown instanceof UserError) return thrown;
  switch (resultCodeOf(thrown)) {
    case CORRUPT:
    case NOTADB:
    case IOERR:
      return errors.damaged({ path, why: messageOf(thrown) }, thrown);
    case BUSY:
      return errors.busy({ path, why: messageOf(thrown) }, thrown);
    default:
      return thrown;
  }
};
