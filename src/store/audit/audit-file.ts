// The file of the audit log: made for its owner only, append-only by its own triggers, opened for writing or for reading.
import { closeSync, existsSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, systemCodeOf, UserError } from '../../base/errors.ts';
import { AUDIT_APPLICATION_ID, AUDIT_VERSION, auditTable } from '../../catalogue/audit.ts';
import { tableSql } from '../../catalogue/derive/ddl.ts';
import { errors } from '../errors.ts';
import { type Database, openOwn } from '../open.ts';
import { number } from '../row.ts';

/** How long one append may wait for those of other servers, in ms; each takes about a tenth of one. */
const PATIENCE_MS = 1000;
/** 16 MB. */
const CHECKPOINT_PAGES = 4000;

const SCHEMA = [
  tableSql(auditTable),
  // Holds all that is asked of a caller's past at every append.
  'CREATE INDEX audit_by_principal ON audit (principal, kind, unix_ns, method, name)',
  // An index costs each append a page in the log of SQLite: these hold only rows that somebody looks for by them.
  'CREATE INDEX audit_by_client ON audit (client) WHERE client IS NOT NULL',
  'CREATE INDEX audit_by_name ON audit (name, kind, id)',
  'CREATE INDEX audit_by_begun ON audit (begun) WHERE begun IS NOT NULL',
  "CREATE INDEX audit_pruned ON audit (id) WHERE kind = 'pruned'",
  `CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  // Also against INSERT OR REPLACE, which removes a row without asking the trigger for DELETE.
  `CREATE TRIGGER audit_goes_on BEFORE INSERT ON audit
    WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  // Rows may go once a row of the chain says which ones went.
  `CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    WHEN OLD.id > (SELECT coalesce(max(CAST(detail ->> '$.to' AS INTEGER)), 0) FROM audit WHERE kind = 'pruned')
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
];

const isAudit = (database: Database): boolean =>
  number(database.prepare('PRAGMA application_id').get() ?? {}, 'application_id') === AUDIT_APPLICATION_ID;

const versionOf = (database: Database): number =>
  number(database.prepare('PRAGMA user_version').get() ?? {}, 'user_version');

const checkVersion = (database: Database): void => {
  if (!isAudit(database)) throw new Error('it is a file of something else');
  const version = versionOf(database);
  if (version !== AUDIT_VERSION)
    throw new Error(
      `its format is ${version} and this program writes ${AUDIT_VERSION}; move it away to begin a new one`,
    );
};

/** Refuses a file that others may read or write, or that is not a file at all; makes an empty one where there is none. */
const prepareFile = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'EEXIST') throw thrown;
  }
  const found = lstatSync(path);
  if (!found.isFile()) throw new Error('it is not a file');
  if (found.uid !== process.geteuid?.()) throw new Error(`it belongs to the user ${found.uid}`);
  if ((found.mode & 0o077) !== 0)
    throw new Error(`others may use it, its mode is ${(found.mode & 0o777).toString(8)}; make it 600`);
};

const makeSchema = (database: Database): void => {
  // Several servers may begin at once: one makes the tables, the others find them.
  database.exec('BEGIN IMMEDIATE');
  try {
    const isEmpty = number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get() ?? {}, 'n') === 0;
    if (isEmpty) {
      database.exec(`PRAGMA application_id = ${AUDIT_APPLICATION_ID}; PRAGMA user_version = ${AUDIT_VERSION}`);
      for (const statement of SCHEMA) database.exec(statement);
    } else checkVersion(database);
    database.exec('COMMIT');
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
};

/** Opens the log for appending and makes it when there is none. Throws a UserError that says what to do. */
export const openAuditForWriting = (path: string): Database => {
  let database: Database | undefined;
  try {
    prepareFile(path);
    database = openOwn(path, { readOnly: false, timeout: PATIENCE_MS });
    // Before the first table: space of pruned rows goes back to the disk. A commit outlives the process, not a power cut.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    // Pages until the log is taken over into the file, which writes each changed page once, and waits for the disk.
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    makeSchema(database);
    database.enableDefensive(true);
    return database;
  } catch (thrown) {
    database?.close();
    throw errors.auditUnwritable({ path, why: messageOf(thrown) }, thrown);
  }
};

/** Opens the log for reading. Throws a UserError when there is none or it cannot be read. */
export const openAuditForReading = (path: string): Database => {
  if (!existsSync(path)) throw errors.noAudit({ path });
  let database: Database | undefined;
  try {
    database = openOwn(path, { readOnly: true, timeout: PATIENCE_MS });
    checkVersion(database);
    return database;
  } catch (thrown) {
    database?.close();
    if (thrown instanceof UserError) throw thrown;
    throw errors.auditUnreadable({ path, why: messageOf(thrown) }, thrown);
  }
};

/** Which file a path names now: another one, or none, where somebody has moved the log away. */
export const fileIdentity = (path: string): string | undefined => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
};
