// Writes a file for another tool. An earlier one is replaced; a recording never is.
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { messageOf, UserError } from '../base/errors.ts';
import { errors } from '../store/errors.ts';
import { identify } from '../store/open.ts';

/** Throws a UserError when the file is a recording or cannot be written. */
export const writeExport = (path: string, bytes: Uint8Array): void => {
  try {
    if (existsSync(path) && statSync(path).isFile() && identify(path).recording)
      throw errors.notWritable({ path, why: 'it is a recording, which is not replaced' });
    writeFileSync(path, bytes);
  } catch (thrown) {
    throw thrown instanceof UserError ? thrown : errors.notWritable({ path, why: messageOf(thrown) }, thrown);
  }
};
