// Turns an error that a damaged file causes into "unknown": of one file's symbols nobody's work must depend.
// Must not hide mistakes of the program: what is no UserError goes on.

import { UserError } from '../../base/errors.ts';

/** What `read` returns, or undefined where it throws a UserError. */
export const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};
