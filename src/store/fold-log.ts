// Makes one file of a recording and what SQLite keeps beside it. Knows no tables.
import type { Database } from './open.ts';

/** Takes the log into the file and away. A reader that has the file open keeps it from that, and nothing is lost: no waiting for it. */
export const foldLog = (database: Database): void => {
  database.exec('PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE)');
  try {
    database.exec('PRAGMA journal_mode = DELETE');
  } catch {}
};
