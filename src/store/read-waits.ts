// Reads what threads waited for, and who ran on a CPU meanwhile.
import type { Database } from './open.ts';
import { type IdRange, merged, type Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import type { SliceRow, WaitRequest, WaitRow, Window } from './recording.ts';
import { maybeNumber, maybeText, number, type Row, text } from './row.ts';
import { createSegmentMemory } from './segment-memory.ts';

// `+ 0.0`: a register may hold any 64-bit word, of which larger ones than 2^53 come as the nearest number.
const WAIT = `SELECT id, start_ns, duration_ns, blocked_ns, runnable_ns, pid, tid, comm, kind, state, syscall, arg0 + 0.0 AS arg0, waker_tid,
  waker_pid, waker_comm, waker_context, waker_syscall, file_type, file_device, cpu_off, cpu_on, stack, request, object FROM waits`;
const REQUEST = `SELECT id, device, queued_ns, issued_ns, completed_ns FROM block_requests WHERE id IN (SELECT value FROM json_each(?))`;
const OBJECT = `SELECT id, coalesce(remote || coalesce(' (' || peer_comm || ', pid ' || peer_pid || ')', ''), name) AS name
  FROM files WHERE id IN (SELECT value FROM json_each(?))`;

/** No CPU has this number. */
const UNKNOWN_CPU = -1;

/** What is read apart from the waits, by id: most waits have none of it. */
type Apart = {
  readonly requests: ReadonlyMap<number, WaitRequest>;
  readonly objects: ReadonlyMap<number, string | null>;
};

const requestOf = (row: Row): WaitRequest => ({
  id: number(row, 'id'),
  device: maybeText(row, 'device'),
  queued_ns: maybeNumber(row, 'queued_ns'),
  issued_ns: number(row, 'issued_ns'),
  completed_ns: number(row, 'completed_ns'),
});

const waitOf = (row: Row, { requests, objects }: Apart): WaitRow => ({
  id: number(row, 'id'),
  start_ns: number(row, 'start_ns'),
  duration_ns: number(row, 'duration_ns'),
  blocked_ns: number(row, 'blocked_ns'),
  runnable_ns: number(row, 'runnable_ns'),
  pid: number(row, 'pid'),
  tid: number(row, 'tid'),
  comm: text(row, 'comm'),
  kind: text(row, 'kind'),
  state: maybeNumber(row, 'state'),
  syscall: maybeText(row, 'syscall'),
  arg0: maybeNumber(row, 'arg0'),
  waker_tid: maybeNumber(row, 'waker_tid'),
  waker_pid: maybeNumber(row, 'waker_pid'),
  waker_comm: maybeText(row, 'waker_comm'),
  waker_context: maybeText(row, 'waker_context'),
  waker_syscall: maybeText(row, 'waker_syscall'),
  file_type: maybeNumber(row, 'file_type') ?? 0,
  file_device: maybeNumber(row, 'file_device') ?? 0,
  cpu_off: maybeNumber(row, 'cpu_off') ?? UNKNOWN_CPU,
  cpu_on: maybeNumber(row, 'cpu_on') ?? UNKNOWN_CPU,
  stack: maybeNumber(row, 'stack'),
  request: requests.get(maybeNumber(row, 'request') ?? 0) ?? null,
  object: objects.get(maybeNumber(row, 'object') ?? 0) ?? null,
});

const sliceOf = (row: Row): SliceRow => ({
  id: number(row, 'id'),
  start_ns: number(row, 'start_ns'),
  duration_ns: number(row, 'duration_ns'),
  cpu: number(row, 'cpu'),
  pid: number(row, 'pid'),
  tid: number(row, 'tid'),
  comm: text(row, 'comm'),
});

const EVER: Window = { start_ns: Number.MIN_SAFE_INTEGER, end_ns: Number.MAX_SAFE_INTEGER };

type Lasting = { readonly start_ns: number; readonly duration_ns: number };
const isIn =
  (window: Window) =>
  ({ start_ns, duration_ns }: Lasting): boolean =>
    start_ns < window.end_ns && start_ns + duration_ns > window.start_ns;

const inOrder = (a: { start_ns: number; id: number }, b: { start_ns: number; id: number }) =>
  a.start_ns - b.start_ns || a.id - b.id;

/** The readers of scheduler intervals. */
export const createWaitReader = (database: Database, segments: Segments, threads: Threads) => {
  const scan = database.prepare(
    `SELECT id FROM off_cpu WHERE id BETWEEN ? AND ? AND thread IN (SELECT value FROM json_each(?))
     AND start_ns < ? AND start_ns + blocked_ns + runnable_ns > ?`,
  );
  const waitById = database.prepare(`${WAIT} WHERE id IN (SELECT value FROM json_each(?))`);
  const requestById = database.prepare(REQUEST);
  const objectById = database.prepare(OBJECT);
  const idsIn = (rows: readonly Row[], column: string): string | undefined => {
    const ids = [...new Set(rows.map((row) => maybeNumber(row, column)).filter((id) => id !== null))];
    return ids.length === 0 ? undefined : JSON.stringify(ids);
  };
  const apartOf = (rows: readonly Row[]): Apart => {
    const [requests, objects] = [idsIn(rows, 'request'), idsIn(rows, 'object')];
    return {
      requests: new Map(
        requests === undefined ? [] : requestById.all(requests).map((row) => [number(row, 'id'), requestOf(row)]),
      ),
      objects: new Map(
        objects === undefined ? [] : objectById.all(objects).map((row) => [number(row, 'id'), maybeText(row, 'name')]),
      ),
    };
  };
  const read = (ids: readonly number[]): readonly WaitRow[] => {
    if (ids.length === 0) return [];
    const rows = waitById.all(JSON.stringify(ids));
    const apart = apartOf(rows);
    return rows.map((row) => waitOf(row, apart)).sort(inOrder);
  };
  const search = ({ first, last }: IdRange, tid: number, { start_ns, end_ns }: Window): readonly number[] =>
    scan.all(first, last, threads.ofTid(tid), end_ns, start_ns).map((row) => number(row, 'id'));
  const waitsIn = createSegmentMemory((range, tid) => read(search(range, tid, EVER)));
  const waitsOf = (tid: number, window: Window): readonly WaitRow[] => {
    const found = segments.matching('off_cpu', window).map((range) => ({ range, rows: waitsIn(range, tid) }));
    const searched = merged(found.flatMap(({ range, rows }) => (rows === undefined ? [range] : [])));
    return [
      ...found.flatMap(({ rows }) => rows?.filter(isIn(window)) ?? []),
      ...read(searched.flatMap((range) => search(range, tid, window))),
    ].sort(inOrder);
  };

  const onCpu = database.prepare(
    `SELECT r.id, r.start_ns, r.duration_ns, r.cpu, t.pid, t.tid, t.comm FROM run_slice r CROSS JOIN thread t ON t.id = r.thread
     WHERE r.id BETWEEN ? AND ? AND r.cpu = ? AND r.start_ns < ? AND r.start_ns + r.duration_ns > ?`,
  );
  const slices = ({ first, last }: IdRange, cpu: number, { start_ns, end_ns }: Window): readonly SliceRow[] =>
    onCpu.all(first, last, cpu, end_ns, start_ns).map(sliceOf);
  const slicesIn = createSegmentMemory((range, cpu) => slices(range, cpu, EVER));
  const slicesOn = (cpu: number, window: Window): readonly SliceRow[] => {
    const found = segments.matching('run_slice', window).map((range) => ({ range, rows: slicesIn(range, cpu) }));
    const searched = merged(found.flatMap(({ range, rows }) => (rows === undefined ? [range] : [])));
    return [
      ...found.flatMap(({ rows }) => rows?.filter(isIn(window)) ?? []),
      ...searched.flatMap((range) => slices(range, cpu, window)),
    ].sort(inOrder);
  };

  return { waitsOf, slicesOn };
};
