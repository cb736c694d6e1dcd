// Whether waits of the length of Python's switch interval are for its GIL, or a timer of the program's own: the former are
// those of a program of Python, and begin only after it has made threads.
import type { Database } from '../../store/open.ts';
import { maybeNumber } from '../../store/row.ts';
import type { Tables } from '../importer.ts';
import type { Names } from './names.ts';
import { type Regular, SWITCH_INTERVAL_MS } from './regular.ts';
import { inRun, type Run } from './run.ts';
import { hostOps, sources } from './schema.ts';

type Parts = {
  readonly database: Database;
  readonly tables: Tables;
  readonly run: Run;
  readonly origin: bigint;
  readonly names: Names;
  readonly regular: Regular;
};

/** By thread and ms: a wait of this length. Only where the birth of the first thread or child was seen can that be told. */
export const createIsGil = ({ database, tables, run, origin, names, regular }: Parts) => {
  const firstBirth = database.prepare(
    `SELECT (min(timestamp) - ?) + 0.0 AS at FROM events WHERE source = ${sources.host} AND op = ${hostOps.fork}
     AND pid = ? AND ${inRun(tables)}`,
  );
  const known = new Map<number, boolean>();
  const find = (tid: number): boolean => {
    const pid = names.processOf({ pid: tid, tid });
    if (!/^python/i.test(names.nameOf(pid, pid))) return false;
    const row = firstBirth.get(origin, pid, run.node, run.from, run.to);
    const born = row === undefined ? null : maybeNumber(row, 'at');
    return born !== null && regular.firstOf(tid, SWITCH_INTERVAL_MS) >= born;
  };
  return (tid: number, ms: number): boolean => {
    if (ms !== SWITCH_INTERVAL_MS) return false;
    const found = known.get(tid) ?? find(tid);
    known.set(tid, found);
    return found;
  };
};
