// Makes way for a new recording: an older one at the same path is kept as FILE.old, anything else is never touched.
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { errors } from './errors.ts';
import { foldLog } from './fold-log.ts';
import { COMPANIONS, draftOf, identify, openDatabase, openOwn } from './open.ts';

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

/** A recorder that was killed before its file had a name leaves a draft. */
const sweepDrafts = (path: string): void => {
  const [before, after] = draftOf(basename(path), '*').split('*');
  let names: readonly string[] = [];
  try {
    names = readdirSync(dirname(resolve(path)));
  } catch {
    // A folder may be open for writing only.
  }
  for (const name of names) {
    if (before === undefined || after === undefined || !name.startsWith(before) || !name.endsWith(after)) continue;
    const pid = name.slice(before.length, -after.length);
    if (/^\d+$/.test(pid) && !existsSync(`/proc/${pid}`)) rmSync(join(dirname(resolve(path)), name), { force: true });
  }
};

/** A recording that was cut has its last second in a log: made one file, it can be renamed at once. */
const foldCut = (path: string): void => {
  if (!existsSync(`${path}-wal`)) return;
  try {
    const database = openOwn(path, { readOnly: false, timeout: 100 });
    foldLog(database);
    database.close();
  } catch {
    // It is damaged, or open elsewhere: then its companions are renamed one by one.
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
  sweepDrafts(path);
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
  foldCut(path);
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

/** Undoes what `prepareOutput` did, where no recording was begun after all. */
export const putBack = (path: string, kept: string | undefined): void => {
  if (kept === undefined || existsSync(path)) return;
  for (const companion of COMPANIONS) if (existsSync(kept + companion)) renameSync(kept + companion, path + companion);
  renameSync(kept, path);
};
