// What a recording contains, from its totals: never reads the rows of calls, so that it stays quick on large recordings.
import { cleanText } from '../base/sanitize.ts';
import type { OpTotal, ProcessRow, Recording, RowCounts, TotalRow } from '../store/recording.ts';
import { type LossSum, sumLosses } from './losses.ts';

/** Processes and per-process totals that an answer lists at most. */
const PROCESSES = 2_000;
const PER_PROCESS = 2_000;

export type TraceStats = {
  readonly state: Recording['state'];
  readonly duration_ns: number;
  /** Wall-clock time at which the recording began, ns since 1970, as decimal text since it exceeds a safe number. */
  readonly started_unix_ns: string | null;
  readonly host: string | null;
  readonly kernel: string | null;
  readonly version: string | null;
  /** Rows of the raw tables. */
  readonly rows: RowCounts;
  readonly calls: number;
  readonly failed: number;
  /** Time in calls; calls that enclose one another both count. */
  readonly call_time_ns: number;
  /** Tracked ones first, then by pid. */
  readonly processes: readonly ProcessRow[];
  readonly processes_total: number;
  /** By operation over all processes, most time first. */
  readonly ops: readonly OpTotal[];
  /** By process and operation, most time first. */
  readonly by_process: readonly TotalRow[];
  readonly by_process_total: number;
  readonly losses: readonly LossSum[];
};

const byTime = (
  a: { readonly sum_ns: number; readonly op: string },
  b: { readonly sum_ns: number; readonly op: string },
) => b.sum_ns - a.sum_ns || (a.op < b.op ? -1 : a.op > b.op ? 1 : 0);

const clean = (text: string | null, length: number) => (text === null ? null : cleanText(text, length));
const cleanProcess = (process: ProcessRow): ProcessRow => ({
  ...process,
  comm: clean(process.comm, 16),
  exe: clean(process.exe, 200),
  args: clean(process.args, 256),
  cgroup: clean(process.cgroup, 200),
  container: clean(process.container, 100),
  note: clean(process.note, 300),
});

/** The contents of a recording in numbers; with `pid` only the calls of that process. */
export const traceStats = (recording: Recording, filter: { readonly pid?: number } = {}): TraceStats => {
  const fact = (key: string) => recording.facts.get(key) ?? null;
  const ops = [...recording.opTotals(filter.pid)].sort(byTime);
  const each = recording.totals().filter(({ pid }) => filter.pid === undefined || pid === filter.pid);
  const processes = recording.processes().filter(({ pid }) => filter.pid === undefined || pid === filter.pid);
  return {
    state: recording.state,
    // Totals are of all that was recorded, also where the oldest rows have gone.
    duration_ns: recording.window.end_ns,
    started_unix_ns: fact('started_unix_ns'),
    host: fact('host'),
    kernel: fact('kernel'),
    version: fact('version'),
    rows: recording.rowCounts(),
    calls: ops.reduce((sum, { count }) => sum + count, 0),
    failed: ops.reduce((sum, { failed }) => sum + failed, 0),
    call_time_ns: ops.reduce((sum, { sum_ns }) => sum + sum_ns, 0),
    processes: processes
      .toSorted((a, b) => b.tracked - a.tracked || a.pid - b.pid)
      .slice(0, PROCESSES)
      .map(cleanProcess),
    processes_total: processes.length,
    ops,
    by_process: [...each].sort((a, b) => byTime(a, b) || a.pid - b.pid).slice(0, PER_PROCESS),
    by_process_total: each.length,
    losses: sumLosses(recording.losses(recording.window)),
  };
};
