// Which rows of `thread` belong to a thread or process: a name change makes a new one, so there may be several.
import type { Database } from './open.ts';
import { number } from './row.ts';

/** The number in a JSON array of one. */
const onlyOf = (list: string): number | undefined => (/^\[\d+\]$/.test(list) ? Number(list.slice(1, -1)) : undefined);

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
  const only = new Map<number, number | undefined>();
  return {
    ofTid: (tid: number) => ids('tid', tid),
    ofPid: (pid: number) => ids('pid', pid),
    /** The id itself where there is only one. */
    oneOfTid: (tid: number): number | undefined => {
      if (!only.has(tid)) only.set(tid, onlyOf(ids('tid', tid)));
      return only.get(tid);
    },
  };
};

export type Threads = ReturnType<typeof createThreads>;
