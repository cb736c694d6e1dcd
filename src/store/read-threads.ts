// Which rows of `thread` belong to a thread or process: a name change makes a new one, so there may be several.
import type { Database } from './open.ts';
import { number } from './row.ts';

/** Ids of `thread`, as JSON arrays to bind to `json_each(?)`. */
export const createThreads = (database: Database) => {
  const byTid = database.prepare('SELECT id FROM thread WHERE tid = ? ORDER BY id');
  const byPid = database.prepare('SELECT id FROM thread WHERE pid = ? ORDER BY id');
  const known = new Map<string, string>();
  const ids = (column: 'tid' | 'pid', value: number): string => {
    const key = `${column} ${value}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const read = JSON.stringify((column === 'tid' ? byTid : byPid).all(value).map((row) => number(row, 'id')));
    known.set(key, read);
    return read;
  };
  return { ofTid: (tid: number) => ids('tid', tid), ofPid: (pid: number) => ids('pid', pid) };
};

export type Threads = ReturnType<typeof createThreads>;
