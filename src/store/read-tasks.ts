// Reads which threads were traced, when each lived and how long it waited. A thread id may be used again after its end.
import type { Database } from './open.ts';
import { maybeNumber, number, text } from './row.ts';

/** One life of a traced thread. */
export type TaskRow = {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly start_ns: number;
  /** When it ended or the recording did; while both go on, the end of its last interval that was written. */
  readonly end_ns: number;
  /** Time in intervals off the CPU, of all lives of this thread; 0 when it was not asked for. */
  readonly waited_ns: number;
};

type Times = { readonly waited: number; readonly last: number };
const noTimes: ReadonlyMap<string, Times> = new Map();
const keyOf = (pid: number, tid: number): string => `${pid} ${tid}`;

/** For each thread what it waited in all, and when its last wait ended. Reads every wait of the recording. */
const readTimes = (database: Database): ReadonlyMap<string, Times> => {
  const rows = database
    .prepare(
      `SELECT t.pid, t.tid, sum(o.waited) AS waited, max(o.last) AS last FROM
       (SELECT thread, sum(blocked_ns + runnable_ns) AS waited, max(start_ns + blocked_ns + runnable_ns) AS last
        FROM off_cpu GROUP BY thread) o JOIN thread t ON t.id = o.thread GROUP BY t.pid, t.tid`,
    )
    .all();
  return new Map(
    rows.map((row) => [
      keyOf(number(row, 'pid'), number(row, 'tid')),
      { waited: number(row, 'waited'), last: number(row, 'last') },
    ]),
  );
};

/** Lives of traced threads by thread id and start; none for a recording that does not tell of them. */
export const readTasks = (database: Database, withTimes: boolean): readonly TaskRow[] => {
  const rows = database
    .prepare('SELECT pid, tid, comm, start_ns, end_ns FROM tasks ORDER BY tid, start_ns, id')
    .all()
    .map((row) => ({
      pid: number(row, 'pid'),
      tid: number(row, 'tid'),
      comm: text(row, 'comm'),
      start_ns: number(row, 'start_ns'),
      end_ns: maybeNumber(row, 'end_ns'),
    }));
  const goesOn = rows.some(({ end_ns }) => end_ns === null);
  const times = withTimes || goesOn ? readTimes(database) : noTimes;
  return rows.map((row) => {
    const { waited, last } = times.get(keyOf(row.pid, row.tid)) ?? { waited: 0, last: row.start_ns };
    return { ...row, end_ns: row.end_ns ?? Math.max(row.start_ns, last), waited_ns: withTimes ? waited : 0 };
  });
};

/** Threads of traced processes, for a recording that does not tell when they lived: each until `end_ns`. */
export const readThreads = (database: Database, end_ns: number, withTimes: boolean): readonly TaskRow[] => {
  const times = withTimes ? readTimes(database) : noTimes;
  return database
    .prepare(
      `SELECT pid, tid, max(comm) AS comm FROM thread
       WHERE pid IN (SELECT pid FROM process WHERE tracked = 1 UNION SELECT pid FROM total) GROUP BY pid, tid ORDER BY tid, pid`,
    )
    .all()
    .map((row) => {
      const [pid, tid] = [number(row, 'pid'), number(row, 'tid')];
      const waited_ns = times.get(keyOf(pid, tid))?.waited ?? 0;
      return { pid, tid, comm: text(row, 'comm'), start_ns: 0, end_ns, waited_ns };
    });
};
