// Makes way for a new recording: an older one at the same path is kept as FILE.old, anything else is never touched.
import { accessSync, constants, existsSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { errors } from './errors.ts';
import { identify, openDatabase } from './open.ts';

const COMPANIONS = ['-wal', '-shm', '-journal'];
/** Below this much free space a recording is not begun. */
const MIN_FREE_BYTES = 4 << 20;

/** The pid of the recorder that writes this file now, if one does. */
const recorderOf = (path: string): number | undefined => {
  try {
    const database = openDatabase(path);
    const fact = (key: string) => database.prepare('SELECT value FROM recording WHERE key = ?').get(key)?.value;
    const pid = Number(fact('recorder_pid'));
    const recording = fact('state') === 'recording';
    database.close();
    if (!recording || !Number.isInteger(pid) || pid <= 0) return undefined;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.ts') ? pid : undefined;
  } catch {
    return undefined;
  }
};

/** Throws a UserError when a recording cannot be written to `path`. Returns where an older one was moved to. */
export const prepareOutput = (path: string): { readonly kept: string | undefined } => {
  const folder = dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    const { bavail, blocks, bsize } = statfsSync(folder);
    // Some file systems have no size.
    if (blocks > 0 && bavail * bsize < MIN_FREE_BYTES) throw new Error('the disk is full');
  } catch (thrown) {
    throw errors.notWritable({ path, why: messageOf(thrown) }, thrown);
  }
  if (!existsSync(path)) return { kept: undefined };
  let found: ReturnType<typeof identify>;
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a file');
    found = identify(path);
  } catch (thrown) {
    throw errors.notWritable({ path, why: messageOf(thrown) }, thrown);
  }
  if (!found.recording) throw errors.exists({ path });
  const pid = recorderOf(path);
  if (pid !== undefined && pid !== process.pid) throw errors.busy({ path, pid });
  const kept = `${path}.old`;
  try {
    for (const companion of COMPANIONS) rmSync(kept + companion, { force: true });
    renameSync(path, kept);
    // A recording that was cut has its last second in its companion.
    for (const companion of COMPANIONS)
      if (existsSync(path + companion)) renameSync(path + companion, kept + companion);
  } catch (thrown) {
    throw errors.notWritable({ path, why: messageOf(thrown) }, thrown);
  }
  return { kept };
};
