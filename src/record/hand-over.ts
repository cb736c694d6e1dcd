// Gives the recording to the user who called sudo. The folder may be that user's: what lies at the path may be another file by
// now, so only a plain file of one name is given away, by what was opened and not by its name. Knows no SQLite.
import { closeSync, constants, fchownSync, fstatSync, openSync } from 'node:fs';
import { systemCodeOf } from '../base/errors.ts';
import { sudoUser } from './start-command.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** What means that there is nothing to give: no such file, a link, or no right to open it any more. */
const NOTHING: ReadonlySet<string> = new Set(['ENOENT', 'ELOOP', 'EACCES']);

const openPlain = (file: string): number | undefined => {
  try {
    return openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (thrown) {
    if (NOTHING.has(systemCodeOf(thrown))) return undefined;
    throw thrown;
  }
};

/** Gives a plain file with one name to an owner. Others are left alone. */
export const giveTo = (file: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void => {
  const opened = openPlain(file);
  if (opened === undefined) return;
  try {
    const found = fstatSync(opened);
    if (!found.isFile() || found.nlink !== 1) return;
    // By the end we may have no right to do it, nor need it.
    if (found.uid !== uid || found.gid !== gid) fchownSync(opened, uid, gid);
  } finally {
    closeSync(opened);
  }
};

/** Gives a recording, with what SQLite keeps beside it, to the user who called sudo. */
export const handOver = (path: string): void => {
  const owner = sudoUser();
  if (owner === undefined) return;
  for (const file of [path, `${path}-wal`, `${path}-shm`]) giveTo(file, owner);
};
