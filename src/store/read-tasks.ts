// Reads which threads were traced, when each lived and how long it waited. A thread id may be used again after its end.
import type { Database } from './open.ts';
import { createSegments, type IdRange } from './read-segments.ts';
import { sampledRanges } from './read-siblings.ts';
import { at, maybeNumber, number, text } from './row.ts';

/** One life of a traced thread. */
export type TaskRow = {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly start_ns: number;
  /** When it ended or the recording did; while both go on, the end of its last interval that was written. */
  readonly end_ns: number;
  /**
   * Time in intervals off the CPU, of all lives of this thread; 0 when it was not asked for. Of a large recording that of some
   * intervals, which lie evenly over all: it tells who waited most, not how long.
   */
  readonly waited_ns: number;
};

/** Intervals that are read: of more, some that lie evenly, and those written last, which tell who still lives. */
const MOST_ROWS = 500_000;
const SAMPLED_ROWS = 80_000;
const PARTS = 60;
const LAST_ROWS = 60_000;

type Times = { waited: number; last: number };
const noTimes: ReadonlyMap<string, Times> = new Map();
const keyOf = (pid: number, tid: number): string => `${pid} ${tid}`;

/** `counts`: whether what they waited counts; the newest ones would count for more than others. */
type Part = IdRange & { readonly counts: boolean };

const partsOf = (ids: IdRange, withLast: boolean): readonly Part[] => {
  if (ids.last - ids.first < MOST_ROWS) return [{ ...ids, counts: true }];
  return [
    ...sampledRanges(ids, SAMPLED_ROWS, PARTS).map((range) => ({ ...range, counts: true })),
    ...(withLast ? [{ first: ids.last - LAST_ROWS + 1, last: ids.last, counts: false }] : []),
  ];
};

/** For each thread what it waited in all, and, where that is wanted, when its last wait ended, as far as the intervals are read. */
const readTimes = (database: Database, withLast: boolean): ReadonlyMap<string, Times> => {
  const threads = new Map<number, Times>();
  const sums = database.prepare(
    `SELECT thread, sum(blocked_ns + runnable_ns) AS waited, max(start_ns + blocked_ns + runnable_ns) AS last
     FROM off_cpu WHERE id BETWEEN ? AND ? GROUP BY thread ORDER BY thread`,
  );
  sums.setReturnArrays(true);
  for (const { first, last, counts } of partsOf(createSegments(database).idsOf('off_cpu'), withLast))
    for (const row of sums.all(first, last)) {
      const times = threads.get(at(row, 0)) ?? { waited: 0, last: 0 };
      threads.set(at(row, 0), times);
      if (counts) times.waited += at(row, 1);
      times.last = Math.max(times.last, at(row, 2));
    }
  const found = new Map<string, Times>();
  const thread = database.prepare('SELECT pid, tid FROM thread WHERE id = ?');
  for (const [id, { waited, last }] of threads) {
    const row = thread.get(id);
    if (row === undefined) continue;
    const key = keyOf(number(row, 'pid'), number(row, 'tid'));
    const times = found.get(key) ?? { waited: 0, last: 0 };
    found.set(key, { waited: times.waited + waited, last: Math.max(times.last, last) });
  }
  return found;
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
  const times = withTimes || goesOn ? readTimes(database, goesOn) : noTimes;
  return rows.map((row) => {
    const { waited, last } = times.get(keyOf(row.pid, row.tid)) ?? { waited: 0, last: row.start_ns };
    return { ...row, end_ns: row.end_ns ?? Math.max(row.start_ns, last), waited_ns: withTimes ? waited : 0 };
  });
};

/** Threads of traced processes, for a recording that does not tell when they lived: each until `end_ns`. */
export const readThreads = (database: Database, end_ns: number, withTimes: boolean): readonly TaskRow[] => {
  const times = withTimes ? readTimes(database, false) : noTimes;
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
