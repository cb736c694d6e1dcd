// Reads a recording: typed rows for analyses, straight from the contract's views and a few raw tables.
// Knows tables and times; what a question or a cause is, it does not know.
import type { Database } from './open.ts';

export type CallRow = {
  readonly id: number;
  readonly start_ns: number;
  readonly duration_ns: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly op: string;
  readonly role: string;
  readonly library: string;
  readonly depth: number;
  readonly ret: number;
  readonly fn: number | null;
  readonly stream: number | null;
  readonly bytes: number | null;
  readonly ptr: number | null;
  readonly args: string;
  readonly stack: number | null;
};

export type WaitRow = {
  readonly id: number;
  readonly start_ns: number;
  readonly duration_ns: number;
  readonly blocked_ns: number;
  readonly runnable_ns: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly kind: string;
  readonly syscall: string | null;
  readonly arg0: number | null;
  readonly waker_tid: number | null;
  readonly waker_pid: number | null;
  readonly waker_comm: string | null;
  readonly waker_context: string | null;
  readonly waker_syscall: string | null;
  readonly cpu_off: number;
  readonly cpu_on: number;
};

export type SliceRow = {
  readonly id: number;
  readonly start_ns: number;
  readonly duration_ns: number;
  readonly cpu: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
};

export type TotalRow = {
  readonly pid: number;
  readonly op: string;
  readonly count: number;
  readonly sum_ns: number;
  readonly max_ns: number;
  readonly p50_ns: number;
  readonly p95_ns: number;
  readonly p99_ns: number;
  readonly failed: number;
};

export type LossRow = {
  readonly id: number;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly source: string | null;
  readonly reason: string;
  readonly count: number;
  readonly detail: string | null;
};

/** A time window in ns since the recording began, end exclusive. */
export type Window = { readonly start_ns: number; readonly end_ns: number };

export type CallFilter = {
  readonly window?: Window;
  readonly pid?: number;
  readonly op?: string;
  /** Only calls that lasted at least so long, in ns. */
  readonly minDuration?: number;
  readonly limit: number;
};

/** What an analysis may ask of a recording. All lists are in the order of their start, unless said. */
export type Recording = {
  readonly path: string;
  /** Facts of the table `recording`. */
  readonly facts: ReadonlyMap<string, string>;
  /** complete: closed; live: its recorder still runs; cut: its recorder ended without closing it. */
  readonly state: 'complete' | 'live' | 'cut';
  readonly window: Window;
  /** Calls, longest first. */
  readonly slowestCalls: (filter: CallFilter) => readonly CallRow[];
  readonly callById: (id: number) => CallRow | undefined;
  /** Probed calls of a thread that overlap the window. */
  readonly callsOf: (tid: number, window: Window) => readonly CallRow[];
  /** Off-CPU intervals of a thread that overlap the window. */
  readonly waitsOf: (tid: number, window: Window) => readonly WaitRow[];
  /** Who ran on a CPU, as far as it was kept, overlapping the window. */
  readonly slicesOn: (cpu: number, window: Window) => readonly SliceRow[];
  readonly totals: () => readonly TotalRow[];
  readonly losses: (window: Window) => readonly LossRow[];
  /** For anything else; typed by the caller through the readers of row.ts. */
  readonly database: Database;
  readonly close: () => void;
};
