// Reads what threads waited for, and who ran on a CPU meanwhile.
import type { Database } from './open.ts';
import { merged, type Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import type { SliceRow, WaitRow, Window } from './recording.ts';
import { maybeNumber, maybeText, number, type Row, text } from './row.ts';

// `+ 0.0`: a register may hold any 64-bit word, of which larger ones than 2^53 come as the nearest number.
const WAIT = `SELECT id, start_ns, duration_ns, blocked_ns, runnable_ns, pid, tid, comm, kind, state, syscall, arg0 + 0.0 AS arg0, waker_tid,
  waker_pid, waker_comm, waker_context, waker_syscall, file_type, file_device, cpu_off, cpu_on, stack FROM waits`;

/** No CPU has this number. */
const UNKNOWN_CPU = -1;

const waitOf = (row: Row): WaitRow => ({
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

const inOrder = (a: { start_ns: number; id: number }, b: { start_ns: number; id: number }) =>
  a.start_ns - b.start_ns || a.id - b.id;

/** The readers of scheduler intervals. */
export const createWaitReader = (database: Database, segments: Segments, threads: Threads) => {
  const scan = database.prepare(
    `SELECT id FROM off_cpu WHERE id BETWEEN ? AND ? AND thread IN (SELECT value FROM json_each(?))
     AND start_ns < ? AND start_ns + blocked_ns + runnable_ns > ?`,
  );
  const waitById = database.prepare(`${WAIT} WHERE id IN (SELECT value FROM json_each(?))`);
  const waitsOf = (tid: number, window: Window): readonly WaitRow[] => {
    const ids = merged(segments.matching('off_cpu', window)).flatMap(({ first, last }) =>
      scan.all(first, last, threads.ofTid(tid), window.end_ns, window.start_ns).map((row) => number(row, 'id')),
    );
    return ids.length === 0 ? [] : waitById.all(JSON.stringify(ids)).map(waitOf).sort(inOrder);
  };

  const onCpu = database.prepare(
    `SELECT r.id, r.start_ns, r.duration_ns, r.cpu, t.pid, t.tid, t.comm FROM run_slice r CROSS JOIN thread t ON t.id = r.thread
     WHERE r.id BETWEEN ? AND ? AND r.cpu = ? AND r.start_ns < ? AND r.start_ns + r.duration_ns > ?`,
  );
  const slicesOn = (cpu: number, window: Window): readonly SliceRow[] =>
    merged(segments.matching('run_slice', window))
      .flatMap(({ first, last }) => onCpu.all(first, last, cpu, window.end_ns, window.start_ns).map(sliceOf))
      .sort(inOrder);

  return { waitsOf, slicesOn };
};
