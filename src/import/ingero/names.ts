// Who is who: names of threads, which process a thread belongs to, its cgroup. The file tells little of it.
import type { Database } from '../../store/open.ts';
import { number, text } from '../../store/row.ts';
import type { RecordingWriter } from '../../store/writer.ts';
import type { Tables } from '../importer.ts';
import type { Event } from './events.ts';
import { hostOps, sources } from './schema.ts';

/** Names and threads that are looked at. */
const MOST = 100_000;
const NAME = 16;

const readNames = (database: Database, tables: Tables): ReadonlyMap<number, string> =>
  tables.get('process_names')?.has('name') !== true
    ? new Map()
    : new Map(
        database
          .prepare(
            'SELECT CAST(pid AS REAL) AS pid, substr(CAST(name AS TEXT), 1, 64) AS name FROM process_names ORDER BY pid LIMIT ?',
          )
          .all(MOST)
          .filter((row) => row.name !== null)
          .map((row) => [number(row, 'pid'), text(row, 'name')]),
      );

/**
 * The process of each thread, as far as rows tell both. Those of the scheduler give the thread for the process as well, so
 * they tell nothing; an id that was a thread of two processes is left out.
 */
const readProcesses = (database: Database): ReadonlyMap<number, number> =>
  new Map(
    database
      .prepare(
        `SELECT CAST(tid AS REAL) AS tid, CAST(min(pid) AS REAL) AS pid FROM events
         WHERE pid <> tid AND NOT (source = ${sources.host} AND op = ${hostOps.switch})
         GROUP BY tid HAVING min(pid) = max(pid) ORDER BY tid LIMIT ?`,
      )
      .all(MOST)
      .map((row) => [number(row, 'tid'), number(row, 'pid')]),
  );

/** The name of the tracer's own process among the names, 0 when it is not there. */
const tracerOf = (names: ReadonlyMap<number, string>, tool: string): number =>
  [...names].find(([, name]) => name === tool)?.[0] ?? 0;

export const createNames = (database: Database, tables: Tables, tool: string) => {
  const names = readNames(database, tables);
  const processes = readProcesses(database);
  const told = new Map<number, string>();
  const nameOf = (pid: number, tid: number): string =>
    (told.get(tid) ?? names.get(tid) ?? names.get(pid) ?? '').slice(0, NAME);
  return {
    names,
    tracer: tracerOf(names, tool),
    nameOf,
    processOf: ({ pid, tid }: { readonly pid: number; readonly tid: number }): number =>
      pid === tid ? (processes.get(tid) ?? pid) : pid,
    /** Remembers the name that a row gives. */
    note: ({ tid, comm }: Event): void => {
      if (comm !== '' && tid !== 0) told.set(tid, comm);
    },
  };
};

export type Names = ReturnType<typeof createNames>;

/** Ids of the table `thread`. */
export const createThreads = (writer: RecordingWriter, names: Names) => {
  const seen = new Map<number, number>();
  return {
    idOf: (event: Event): number => {
      const pid = names.processOf(event);
      seen.set(event.tid, pid);
      return writer.threadId(pid, event.tid, names.nameOf(pid, event.tid));
    },
    /** Threads by id with their process. */
    seen,
  };
};

export type Threads = ReturnType<typeof createThreads>;
