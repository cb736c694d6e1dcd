// What is in a recording from its first moment on: its tables, the description of itself, the facts, the loss that stays
// unless it is closed, and the first seal. Knows nothing of what is recorded.
import { ddl, metaRows } from '../catalogue/derive/ddl.ts';
import type { EvidenceKey } from './evidence/key.ts';
import { beginChain } from './evidence/sealer.ts';
import { createDatabase, type Database } from './open.ts';

/** Facts about a recording, stored as text in the table `recording`. */
export type Facts = Readonly<Record<string, string | number>>;

/** Id of the loss `cut_short`, which a recorder that is killed leaves behind. */
export const CUT_SHORT_ID = 1;

export const placeholders = (n: number): string => Array.from({ length: n }, () => '?').join(', ');

const describeItself = (database: Database): void => {
  for (const [table, rows] of Object.entries(metaRows())) {
    const [first] = rows;
    if (first === undefined) continue;
    const insert = database.prepare(`INSERT INTO ${table} VALUES (${placeholders(first.length)})`);
    for (const row of rows) insert.run(...row);
  }
};

/** Makes the file of a recording and opens it for writing; with a key its chain of seals has begun. Throws a UserError. */
export const beginRecording = (path: string, facts: Facts, key: EvidenceKey | undefined): Database =>
  createDatabase(path, (database) => {
    for (const statement of ddl()) database.exec(statement);
    describeItself(database);
    const setFact = database.prepare('INSERT OR REPLACE INTO recording (key, value) VALUES (?, ?)');
    const own = key === undefined ? {} : { evidence_key: key.fingerprint };
    for (const [name, value] of Object.entries({ ...facts, state: 'recording', duration_ns: 0, ...own }))
      setFact.run(name, String(value));
    database
      .prepare('INSERT INTO loss (id, start_ns, end_ns, reason, count) VALUES (?, 0, 0, ?, 1)')
      .run(CUT_SHORT_ID, 'cut_short');
    if (key !== undefined) beginChain(database, key);
  });
