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
  /** It may have been there after that: its last interval is in none of those that were read. */
  readonly isEndAbout?: boolean;
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
/** Intervals that are searched at most, backwards, for the last ones of threads that are not among those written last. */
const MOST_SEARCHED = 2_000_000;

type Times = { waited: number; last: number; readonly isAbout?: boolean };
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

/** Threads by their id in the recording, which has one for each name that they had. */
type Names = ReadonlyMap<number, string>;

const readNames = (database: Database): Names =>
  new Map(
    database
      .prepare('SELECT id, pid, tid FROM thread')
      .all()
      .map((row) => [number(row, 'id'), keyOf(number(row, 'pid'), number(row, 'tid'))]),
  );

/** When the last waits of these threads ended, from the newest rows backwards; without those that are not found. */
const searchBack = (database: Database, threads: Names, ids: IdRange): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  const ends = database.prepare(
    `SELECT thread, max(start_ns + blocked_ns + runnable_ns) FROM off_cpu
     WHERE id BETWEEN ? AND ? AND thread IN (SELECT value FROM json_each(?)) GROUP BY thread`,
  );
  ends.setReturnArrays(true);
  const least = Math.max(ids.first, ids.last - MOST_SEARCHED + 1);
  for (let last = ids.last; last >= least; last -= LAST_ROWS) {
    const left = [...threads].flatMap(([id, key]) => (found.has(key) ? [] : [id]));
    if (left.length === 0) break;
    for (const row of ends.all(Math.max(least, last - LAST_ROWS + 1), last, JSON.stringify(left))) {
      const key = threads.get(at(row, 0)) ?? '';
      found.set(key, Math.max(found.get(key) ?? 0, at(row, 1)));
    }
  }
  return found;
};

/** For each thread what it waited in all, as far as the intervals are read, and when the last one of those that go on ended. */
const readTimes = (database: Database, goOn: ReadonlySet<string>): ReadonlyMap<string, Times> => {
  const names = readNames(database);
  const found = new Map<string, Times>();
  const ids = createSegments(database).idsOf('off_cpu');
  const parts = partsOf(ids, goOn.size > 0);
  const sums = database.prepare(
    `SELECT thread, sum(blocked_ns + runnable_ns) AS waited, max(start_ns + blocked_ns + runnable_ns) AS last
     FROM off_cpu WHERE id BETWEEN ? AND ? GROUP BY thread ORDER BY thread`,
  );
  sums.setReturnArrays(true);
  const newest = new Set<string>();
  for (const { first, last, counts } of parts)
    for (const row of sums.all(first, last)) {
      const key = names.get(at(row, 0));
      if (key === undefined) continue;
      const times = found.get(key) ?? { waited: 0, last: 0 };
      found.set(key, times);
      if (counts) times.waited += at(row, 1);
      if (last === ids.last) newest.add(key);
      times.last = Math.max(times.last, at(row, 2));
    }
  if (parts.length === 1) return found;
  const missing = new Map([...names].filter(([, key]) => goOn.has(key) && !newest.has(key)));
  const isAllSearched = ids.last - ids.first < MOST_SEARCHED;
  const ends = searchBack(database, missing, ids);
  for (const key of new Set(missing.values())) {
    const { waited, last } = found.get(key) ?? { waited: 0, last: 0 };
    const end = ends.get(key);
    found.set(key, { waited, last: Math.max(last, end ?? 0), isAbout: end === undefined && !isAllSearched });
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
  const goOn = new Set(rows.flatMap(({ pid, tid, end_ns }) => (end_ns === null ? [keyOf(pid, tid)] : [])));
  const times = withTimes || goOn.size > 0 ? readTimes(database, goOn) : noTimes;
  return rows.map((row) => {
    const { waited, last, isAbout } = times.get(keyOf(row.pid, row.tid)) ?? { waited: 0, last: row.start_ns };
    return {
      ...row,
      end_ns: row.end_ns ?? Math.max(row.start_ns, last),
      ...(row.end_ns === null && isAbout === true ? { isEndAbout: true } : {}),
      waited_ns: withTimes ? waited : 0,
    };
  });
};

/** Threads of traced processes, for a recording that does not tell when they lived: each until `end_ns`. */
export const readThreads = (database: Database, end_ns: number, withTimes: boolean): readonly TaskRow[] => {
  const times = withTimes ? readTimes(database, new Set()) : noTimes;
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
