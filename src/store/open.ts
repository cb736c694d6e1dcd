// The one door to SQLite: opens files, checks that they are recordings, and says in plain words when they are not.
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { messageOf, systemCodeOf, UserError } from '../base/errors.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from '../catalogue/schema.ts';
import { errors } from './errors.ts';

export type { DatabaseSync as Database, StatementSync as Statement } from 'node:sqlite';

const HEADER = 'SQLite format 3\0';
// https://www.sqlite.org/fileformat.html section 1.3: user version at 60, application id at 68, both big-endian.
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;
/** How long a write waits for another writer's lock. */
const LOCK_PATIENCE_MS = 2000;

/** What SQLite keeps beside a file, by the end of its name. */
export const COMPANIONS = ['-wal', '-shm', '-journal'] as const;

/** Where a process writes the beginning of a file, before it gets its name. */
export const draftOf = (path: string, pid: number | string): string => `${path}.${pid}.new`;

const headerOf = (path: string): Buffer => {
  const bytes = Buffer.alloc(100);
  const fd = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
};

/** Whether a file is a recording; the reason when it is not. A missing file throws the system's error. */
export const identify = (
  path: string,
): { readonly recording: true; readonly version: number } | { readonly recording: false; readonly why: string } => {
  const header = headerOf(path);
  if (header.length === 0) return { recording: false, why: 'the file is empty' };
  if (header.toString('latin1', 0, 16) !== HEADER) return { recording: false, why: 'it is not an SQLite file' };
  if (header.length < 100) return { recording: false, why: 'it ends inside the SQLite header' };
  if (header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID)
    return { recording: false, why: 'it is an SQLite file of another program' };
  return { recording: true, version: header.readUInt32BE(USER_VERSION_AT) };
};

const READ_PATIENCE_MS = 2000;
/** https://www.sqlite.org/rescode.html#readonly_rollback */
const READONLY_ROLLBACK = 776;

/** Opens it and reads a little of it. Throws SQLite's error. */
const openAndLook = (path: string, readOnly: boolean): DatabaseSync => {
  const database = new DatabaseSync(path, { readOnly, timeout: READ_PATIENCE_MS });
  try {
    // One question looks at the same pages many times.
    database.exec('PRAGMA cache_size = -16384');
    database.prepare('SELECT count(*) FROM recording').get();
    return database;
  } catch (thrown) {
    // An open one would keep a recorder from closing its file.
    database.close();
    throw thrown;
  }
};

const isLeftToTakeBack = (thrown: unknown): boolean =>
  thrown instanceof Error && 'errcode' in thrown && thrown.errcode === READONLY_ROLLBACK;

/**
 * Opens it for reading. A recorder that was killed just as it had made its log part of the file leaves a journal with what that
 * step had begun: SQLite takes it back for whoever may write, and only for them.
 */
const openForReading = (path: string): DatabaseSync => {
  try {
    return openAndLook(path, true);
  } catch (thrown) {
    if (!isLeftToTakeBack(thrown)) throw thrown;
    openAndLook(path, false).close();
    return openAndLook(path, true);
  }
};

/**
 * Opens a recording for reading, also while it is being written. Throws a UserError when the file is missing, no
 * recording, of another format than this program's, or damaged.
 */
export const openDatabase = (path: string): DatabaseSync => {
  if (!existsSync(path)) throw errors.notFound({ path });
  if (!statSync(path).isFile()) throw errors.notARecording({ path, why: 'it is not a file' });
  let found: ReturnType<typeof identify>;
  try {
    found = identify(path);
  } catch (thrown) {
    throw errors.notReadable({ path, why: messageOf(thrown) }, thrown);
  }
  if (!found.recording) throw errors.notARecording({ path, why: found.why });
  if (found.version > SCHEMA_VERSION) throw errors.newer({ path, version: found.version, known: SCHEMA_VERSION });
  if (found.version < SCHEMA_VERSION) throw errors.older({ path, version: found.version, known: SCHEMA_VERSION });
  try {
    return openForReading(path);
  } catch (thrown) {
    throw systemCodeOf(thrown) === 'EACCES'
      ? errors.notReadable({ path, why: messageOf(thrown) }, thrown)
      : errors.damaged({ path, why: messageOf(thrown) }, thrown);
  }
};

/** The file of another tool, open for reading; `close` also removes the copy that was made of it, if one was. */
export type Foreign = { readonly database: DatabaseSync; readonly close: () => void };

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
/** Logs that belong to a database and hold what it lacks. */
const logsOf = (path: string): readonly string[] =>
  ['-wal', '-journal'].filter((companion) => sizeOf(path + companion) > 0);

/**
 * A copy of a database with its logs in a folder of its own: SQLite reads them together only where it may write beside them.
 * Returns the copy and how to remove it.
 */
const copyWithLogs = (
  path: string,
  logs: readonly string[],
): { readonly copy: string; readonly remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-import-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'copy.db');
    copyFileSync(path, copy);
    for (const log of logs) copyFileSync(path + log, copy + log);
    return { copy, remove };
  } catch (thrown) {
    remove();
    throw new Error(`a log lies beside it, and no copy of both can be made in ${tmpdir()}: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
};

const openImmutable = (path: string): DatabaseSync => {
  const url = pathToFileURL(path);
  // https://www.sqlite.org/uri.html: no lock is taken and no file made beside it.
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
};

/**
 * Opens an SQLite file of another tool for reading only. Neither it nor its folder is changed: where a log (`-wal`) lies
 * beside it, a copy of both is read. Throws a UserError when it is missing, no SQLite file or a recording of whytrace;
 * damage may also show later, as an error of SQLite.
 */
export const openForeign = (path: string): Foreign => {
  if (!existsSync(path)) throw errors.noForeign({ path });
  if (!statSync(path).isFile()) throw errors.notSqlite({ path, why: 'it is not a file' });
  let copied: ReturnType<typeof copyWithLogs> | undefined;
  let database: DatabaseSync | undefined;
  try {
    const found = identify(path);
    if (found.recording) throw errors.ownRecording({ path });
    if (headerOf(path).toString('latin1', 0, HEADER.length) !== HEADER)
      throw errors.notSqlite({ path, why: found.why });
    const logs = logsOf(path);
    copied = logs.length > 0 ? copyWithLogs(path, logs) : undefined;
    database = copied === undefined ? openImmutable(path) : new DatabaseSync(copied.copy);
    // A stranger's schema may call no function that could do harm.
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    const open = database;
    return {
      database: open,
      close: () => {
        open.close();
        copied?.remove();
      },
    };
  } catch (thrown) {
    database?.close();
    copied?.remove();
    if (thrown instanceof UserError) throw thrown;
    const args = { path, why: messageOf(thrown) };
    throw systemCodeOf(thrown) === 'ERR_SQLITE_ERROR' ? errors.damaged(args, thrown) : errors.notReadable(args, thrown);
  }
};

/** Opens a file of this program that is no recording, such as the audit log: its caller checks what it is. */
export const openOwn = (
  path: string,
  options: { readonly readOnly: boolean; readonly timeout: number },
): DatabaseSync => new DatabaseSync(path, options);

/** A database in memory, with nothing in it. */
export const openEmpty = (): DatabaseSync => new DatabaseSync(':memory:');

/** Gives a finished draft its name, which nothing may have yet. Some file systems have no second names for a file. */
const publish = (draft: string, path: string): void => {
  try {
    linkSync(draft, path);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'EEXIST') throw thrown;
    closeSync(openSync(path, 'wx', 0o600));
    renameSync(draft, path);
  }
};

/**
 * Makes a new file with what `prepare` writes into it, and opens it for writing. It has its name only once all of that is in
 * it: a program that is killed leaves a file that says what it is, or none. Throws a UserError when there is one by now, or
 * none can be made.
 */
export const createDatabase = (path: string, prepare: (database: DatabaseSync) => void): DatabaseSync => {
  const draft = draftOf(path, process.pid);
  try {
    // For its owner alone; SQLite gives its companions, -wal and -shm, the same mode.
    rmSync(draft, { force: true });
    closeSync(openSync(draft, 'wx', 0o600));
    const database = new DatabaseSync(draft);
    try {
      database.exec(
        `PRAGMA page_size = 8192; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = NORMAL;
         PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; BEGIN`,
      );
      prepare(database);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
    publish(draft, path);
    // What a removed recording of this name left would be taken for a part of this one.
    for (const companion of COMPANIONS) rmSync(path + companion, { force: true });
  } catch (thrown) {
    const why = systemCodeOf(thrown) === 'EEXIST' ? 'another recording into it has just begun' : messageOf(thrown);
    throw errors.notWritable({ path, why }, thrown);
  } finally {
    rmSync(draft, { force: true });
  }
  const database = new DatabaseSync(path, { timeout: LOCK_PATIENCE_MS });
  // WAL: readers see a recording while it grows, and a killed recorder leaves whole transactions.
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32768',
  );
  return database;
};
