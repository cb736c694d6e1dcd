// Reads what threads waited for, and who ran on a CPU meanwhile. From the narrow raw table: the circumstances of a wait, the
// threads and the stacks are looked up once for each, as the file's own views tell of them.
import type { Database } from './open.ts';
import { createPicker } from './pick-rows.ts';
import { type IdRange, merged, type Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import type { LongestWaits, SliceRow, WaitRequest, WaitRow, Window } from './recording.ts';
import { remembering } from './remembering.ts';
import { at, maybeAt, maybeNumber, maybeText, number, type Row, text } from './row.ts';
import { createSegmentMemory } from './segment-memory.ts';

// `+ 0.0`: a register may hold any 64-bit word, of which larger ones than 2^53 come as the nearest number.
const NARROW = `SELECT o.id, o.start_ns, o.blocked_ns, o.runnable_ns, o.thread, o.site, o.arg0 + 0.0, o.waker, o.cpu_off, o.cpu_on,
  o.request, o.taken FROM off_cpu o WHERE o.id BETWEEN ? AND ? AND THREADS
  AND o.start_ns < ? AND o.start_ns + o.blocked_ns + o.runnable_ns > ?`;
/** What the waits of one site have in common, by the view: as any one of them has it. */
const SITE = `SELECT kind, state, syscall, waker_context, waker_syscall, file_type, file_device, object, WEIGHT AS weight FROM waits WHERE id = ?`;
const THREAD = 'SELECT pid, tid, comm FROM thread WHERE id = ?';
const STACK = 'SELECT id, stack FROM taken_stack WHERE id IN (SELECT value FROM json_each(?)) AND stack IS NOT NULL';
const REQUEST = `SELECT id, device, queued_ns, issued_ns, completed_ns FROM block_requests WHERE id IN (SELECT value FROM json_each(?))`;
const OBJECT = `SELECT coalesce(remote || coalesce(' (' || peer_comm || ', pid ' || peer_pid || ')', ''), name) AS name
  FROM files WHERE id = ?`;

/** Rows that are searched at most for the longest waits of a thread: about 0.01 s. */
const MOST_SEARCHED = 120_000;
/** No CPU has this number. */
const UNKNOWN_CPU = -1;

type Who = { readonly pid: number; readonly tid: number; readonly comm: string };
type Site = Pick<
  WaitRow,
  'kind' | 'state' | 'syscall' | 'waker_context' | 'waker_syscall' | 'file_type' | 'file_device' | 'object' | 'weight'
>;

const requestOf = (row: Row): WaitRequest => ({
  id: number(row, 'id'),
  device: maybeText(row, 'device'),
  queued_ns: maybeNumber(row, 'queued_ns'),
  issued_ns: number(row, 'issued_ns'),
  completed_ns: number(row, 'completed_ns'),
});

const EVER: Window = { start_ns: Number.MIN_SAFE_INTEGER, end_ns: Number.MAX_SAFE_INTEGER };

type Lasting = { readonly start_ns: number; readonly duration_ns: number };

const inOrder = (a: { start_ns: number; id: number }, b: { start_ns: number; id: number }) =>
  a.start_ns - b.start_ns || a.id - b.id;

/** The readers of scheduler intervals. */
export const createWaitReader = (database: Database, segments: Segments, threads: Threads) => {
  const scanOf = (threads: string) => {
    const statement = database.prepare(NARROW.replace('THREADS', threads));
    statement.setReturnArrays(true);
    return statement;
  };
  // Nearly every thread has had one name, and a comparison costs less than a look-up for each row.
  const scanOne = scanOf('o.thread = ?');
  const scanSome = scanOf('o.thread IN (SELECT value FROM json_each(?))');
  // Recordings of before have no such column: each of their rows is one wait.
  const isWeighed = database.prepare("SELECT 1 FROM pragma_table_info('waits') WHERE name = 'weight'").get();
  const siteByWait = database.prepare(SITE.replace('WEIGHT', isWeighed === undefined ? '1' : 'weight'));
  const threadById = database.prepare(THREAD);
  const stackById = database.prepare(STACK);
  const requestById = database.prepare(REQUEST);
  const objectById = database.prepare(OBJECT);

  const whoOf = remembering((id): Who | undefined => {
    const row = threadById.get(id);
    return row === undefined
      ? undefined
      : { pid: number(row, 'pid'), tid: number(row, 'tid'), comm: text(row, 'comm') };
  });
  const objectOf = remembering((id): string | null => {
    const row = objectById.get(id);
    return row === undefined ? null : maybeText(row, 'name');
  });
  const sites = new Map<number, Site>();
  const siteOf = (id: number, wait: number): Site | undefined => {
    const found = sites.get(id);
    if (found !== undefined) return found;
    const row = siteByWait.get(wait);
    if (row === undefined) return undefined;
    const object = maybeNumber(row, 'object');
    const site = {
      kind: text(row, 'kind'),
      state: maybeNumber(row, 'state'),
      syscall: maybeText(row, 'syscall'),
      waker_context: maybeText(row, 'waker_context'),
      waker_syscall: maybeText(row, 'waker_syscall'),
      file_type: maybeNumber(row, 'file_type') ?? 0,
      file_device: maybeNumber(row, 'file_device') ?? 0,
      object: object === null ? null : objectOf(object),
      ...(number(row, 'weight') > 1 ? { weight: number(row, 'weight') } : {}),
    };
    sites.set(id, site);
    return site;
  };
  /** Of the rows that have one, by its id. */
  const stacksOf = (rows: readonly Row[]): ReadonlyMap<number, number> => {
    const taken = rows.flatMap((row) => maybeAt(row, 11) ?? []);
    if (taken.length === 0) return new Map();
    return new Map(stackById.all(JSON.stringify(taken)).map((row) => [number(row, 'id'), number(row, 'stack')]));
  };
  const requestsOf = (rows: readonly Row[]): ReadonlyMap<number, WaitRequest> => {
    const ids = rows.flatMap((row) => maybeAt(row, 10) ?? []);
    if (ids.length === 0) return new Map();
    return new Map(requestById.all(JSON.stringify(ids)).map((row) => [number(row, 'id'), requestOf(row)]));
  };

  const read = ({ first, last }: IdRange, tid: number, { start_ns, end_ns }: Window): readonly WaitRow[] => {
    const one = threads.oneOfTid(tid);
    const rows =
      one === undefined
        ? scanSome.all(first, last, threads.ofTid(tid), end_ns, start_ns)
        : scanOne.all(first, last, one, end_ns, start_ns);
    const [stacks, requests] = [stacksOf(rows), requestsOf(rows)];
    return rows
      .flatMap((row): WaitRow[] => {
        const [id, blocked_ns, runnable_ns] = [at(row, 0), at(row, 2), at(row, 3)];
        const site = siteOf(at(row, 5), id);
        const who = whoOf(at(row, 4));
        if (site === undefined || who === undefined) return [];
        const waker = maybeAt(row, 7);
        const by = waker === null ? undefined : whoOf(waker);
        return [
          {
            id,
            start_ns: at(row, 1),
            duration_ns: blocked_ns + runnable_ns,
            blocked_ns,
            runnable_ns,
            pid: who.pid,
            tid: who.tid,
            comm: who.comm,
            kind: site.kind,
            state: site.state,
            syscall: site.syscall,
            arg0: maybeAt(row, 6),
            waker_tid: by?.tid ?? null,
            waker_pid: by?.pid ?? null,
            waker_comm: by?.comm ?? null,
            waker_context: site.waker_context,
            waker_syscall: site.waker_syscall,
            file_type: site.file_type,
            file_device: site.file_device,
            cpu_off: maybeAt(row, 8) ?? UNKNOWN_CPU,
            cpu_on: maybeAt(row, 9) ?? UNKNOWN_CPU,
            stack: stacks.get(maybeAt(row, 11) ?? 0) ?? null,
            request: requests.get(maybeAt(row, 10) ?? 0) ?? null,
            object: site.object,
            ...(site.weight === undefined ? {} : { weight: site.weight }),
          },
        ];
      })
      .sort(inOrder);
  };

  /** Rows of a key in a window: of segments that are in memory from there, of the others as the file has them. */
  const searched = <R extends Lasting & { readonly id: number }>(
    table: 'off_cpu' | 'run_slice',
    readIn: (range: IdRange, key: number, window: Window) => readonly R[],
  ) => {
    const inMemory = createSegmentMemory((range, key) => readIn(range, key, EVER).toSorted(inOrder));
    const pickers = new WeakMap<readonly R[], ReturnType<typeof createPicker<R>>>();
    const pickFrom = (rows: readonly R[], window: Window): readonly R[] => {
      const pick = pickers.get(rows) ?? createPicker(rows);
      pickers.set(rows, pick);
      return pick(window);
    };
    return (key: number, window: Window): readonly R[] => {
      const found = segments.matching(table, window).map((range) => ({ range, rows: inMemory(range, key) }));
      const left = merged(found.flatMap(({ range, rows }) => (rows === undefined ? [range] : [])));
      return [
        ...found.flatMap(({ rows }) => (rows === undefined ? [] : pickFrom(rows, window))),
        ...left.flatMap((range) => readIn(range, key, window)),
      ].sort(inOrder);
    };
  };

  const longerThan = database.prepare(
    `SELECT o.id, o.blocked_ns + o.runnable_ns FROM off_cpu o WHERE o.id BETWEEN ? AND ? AND o.thread IN (SELECT value FROM json_each(?))
     AND o.start_ns < ? AND o.start_ns + o.blocked_ns + o.runnable_ns > ? AND o.blocked_ns + o.runnable_ns >= ?
     ORDER BY 2 DESC, 1 LIMIT ?`,
  );
  longerThan.setReturnArrays(true);
  const longestFirst = (a: readonly [number, number], b: readonly [number, number]) => b[1] - a[1] || a[0] - b[0];
  const longestWaits = (tid: number, window: Window, limit: number): LongestWaits => {
    let best: readonly (readonly [id: number, duration: number])[] = [];
    let left = MOST_SEARCHED;
    let isWhole = true;
    const promising = segments
      .matching('off_cpu', window)
      .toSorted((a, b) => b.longest - a.longest || a.first - b.first);
    for (const { first, last, longest } of promising) {
      const worst = best.length < limit ? 0 : (best.at(-1)?.[1] ?? 0);
      left -= last - first + 1;
      if (longest < worst) break;
      if (left < 0) {
        isWhole = false;
        break;
      }
      const found = longerThan.all(first, last, threads.ofTid(tid), window.end_ns, window.start_ns, worst, limit);
      if (found.length > 0)
        best = [...best, ...found.map((row) => [at(row, 0), at(row, 1)] as const)].sort(longestFirst).slice(0, limit);
    }
    return { waits: best.flatMap(([id]) => read({ first: id, last: id }, tid, EVER)), isWhole };
  };

  // By id: the index by CPU and start would read all that was before the window.
  const onCpu = database.prepare(
    `SELECT r.id, r.start_ns, r.duration_ns, r.thread FROM run_slice r
     WHERE r.id BETWEEN ? AND ? AND +r.cpu = ? AND r.start_ns < ? AND r.start_ns + r.duration_ns > ?`,
  );
  onCpu.setReturnArrays(true);
  const slices = ({ first, last }: IdRange, cpu: number, { start_ns, end_ns }: Window): readonly SliceRow[] =>
    onCpu.all(first, last, cpu, end_ns, start_ns).flatMap((row): SliceRow[] => {
      const who = whoOf(at(row, 3));
      return who === undefined ? [] : [{ id: at(row, 0), start_ns: at(row, 1), duration_ns: at(row, 2), cpu, ...who }];
    });

  return { waitsOf: searched('off_cpu', read), slicesOn: searched('run_slice', slices), longestWaits };
};
