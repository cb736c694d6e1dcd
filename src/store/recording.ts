// Reads a recording: typed rows for analyses, straight from the contract's views and a few raw tables.
// Knows tables and times; what a question or a cause is, it does not know.

import type { Database } from './open.ts';
import type { SteppingCall } from './read-gaps.ts';
import type { SampleRow, Stack, StackCover, StackFilter, StackSource, StackSum } from './read-stacks.ts';

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
  /** Task state when it left; null when that is not known, and so neither is its system call nor what woke it. */
  readonly state: number | null;
  readonly syscall: string | null;
  readonly arg0: number | null;
  readonly waker_tid: number | null;
  readonly waker_pid: number | null;
  readonly waker_comm: string | null;
  readonly waker_context: string | null;
  readonly waker_syscall: string | null;
  /** Kind of file that the system call waited on: `fileTypes` of the catalogue; 0 none. */
  readonly file_type: number;
  readonly file_device: number;
  /** -1, as cpu_on, when that is not known; such a wait has no runnable part. */
  readonly cpu_off: number;
  readonly cpu_on: number;
  /** Where it was when it left the CPU: id of a stack, null when that was not taken. */
  readonly stack: number | null;
  /** The block request whose end woke it. */
  readonly request: WaitRequest | null;
  /** Waits that its row stands for, where they are more than one. */
  readonly weight?: number;
  /** Far end of the socket that it waited on, "10.0.0.1:80 (nginx, pid 12)", or the path of the file; from strangers. */
  readonly object: string | null;
};

/** A request to a disk: when it was given to the block layer, where that is known, to the disk, and when it was done. */
export type WaitRequest = {
  readonly id: number;
  /** major:minor; null when it is not known. */
  readonly device: string | null;
  readonly queued_ns: number | null;
  readonly issued_ns: number;
  readonly completed_ns: number;
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

/** The totals of a call over all processes. */
export type OpTotal = Omit<TotalRow, 'pid'> & { readonly pids: readonly number[] };

/** How many calls of a process returned in a second of the recording; a second without any has none of these. */
export type SecondCount = { readonly second: number; readonly pid: number; readonly count: number };

/** A process that was traced or seen. Its texts come from strangers. */
export type ProcessRow = {
  readonly pid: number;
  readonly comm: string | null;
  readonly exe: string | null;
  readonly args: string | null;
  readonly parent_pid: number | null;
  readonly start_ns: number | null;
  readonly end_ns: number | null;
  readonly cgroup: string | null;
  readonly container: string | null;
  readonly tracked: number;
  readonly exit_code: number | null;
  readonly note: string | null;
};

/** How many rows each raw table has. */
export type RowCounts = { readonly calls: number; readonly waits: number; readonly run_slices: number };

/** Failed calls of one operation and return code in one process; the longest of them by its id. */
export type FailureSum = {
  readonly op: string;
  readonly pid: number;
  readonly ret: number;
  readonly count: number;
  readonly total_ns: number;
  readonly longest_id: number;
  /** Whether rows of them stand for others, too. */
  readonly isEstimate?: boolean;
};

/** A call without its arguments as text: what is cheap to read for many. */
export type BriefCall = Pick<
  CallRow,
  'id' | 'start_ns' | 'duration_ns' | 'pid' | 'tid' | 'op' | 'role' | 'depth' | 'ret' | 'fn' | 'bytes'
>;

/** A call that is one of many: of a large recording not all are read, and those that are stand for others, too. */
export type LongCall = BriefCall & {
  /** Calls like it, itself included; 1 where all were kept and are read. */
  readonly stands: number;
};

/** `isPart`: not all rows in which such calls may be are read, so that numbers of them are estimates. */
export type LongCalls = { readonly calls: Iterable<LongCall>; readonly isPart: boolean };

/** `share`: the part of the rows that is read, 0 to 1; what is counted of them stands for so much more. */
export type SteppingCalls = { readonly calls: Iterable<SteppingCall>; readonly share: number };

/** Durations in ns, and for each how many calls its row stands for; without weights each is one. */
export type Durations = { readonly durations: readonly number[]; readonly weights?: readonly number[] };

/** `isWhole`: none that was not found is longer. */
export type LongestWaits = { readonly waits: readonly WaitRow[]; readonly isWhole: boolean };

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

/** `ops`: only calls of these operations. */
export type FailureFilter = Pick<CallFilter, 'window' | 'pid' | 'op'> & { readonly ops?: readonly string[] };

/** Calls that are alike: same operation and process, and the same function and size class where they are not null. */
export type Siblings = {
  readonly pid: number;
  readonly op: string;
  readonly fn: number | null;
  /** Sizes from `bytes.from` up to, but not including, `bytes.to`. */
  readonly bytes: { readonly from: number; readonly to: number } | null;
};

/** What an analysis may ask of a recording. All lists are in the order of their start, unless said. */
export type Recording = {
  readonly path: string;
  /** Facts of the table `recording`. */
  readonly facts: ReadonlyMap<string, string>;
  /** What its kernel could not tell: names of `abilities`. */
  readonly lacks: ReadonlySet<string>;
  /** complete: closed; live: its recorder still runs; cut: its recorder ended without closing it. */
  readonly state: 'complete' | 'live' | 'cut';
  /** What can be asked about: it begins where the oldest rows that were kept do. */
  readonly window: Window;
  /** Calls, longest first. */
  readonly slowestCalls: (filter: CallFilter) => readonly CallRow[];
  readonly callById: (id: number) => CallRow | undefined;
  /** Probed calls of a thread that overlap the window. */
  readonly callsOf: (tid: number, window: Window) => readonly CallRow[];
  /** Off-CPU intervals of a thread that overlap the window. */
  readonly waitsOf: (tid: number, window: Window) => readonly WaitRow[];
  /** The longest intervals of a thread that overlap the window, longest first; of very many only where the longest of all threads are. */
  readonly longestWaits: (tid: number, window: Window, limit: number) => LongestWaits;
  /** Who ran on a CPU, as far as it was kept, overlapping the window. */
  readonly slicesOn: (cpu: number, window: Window) => readonly SliceRow[];
  /** Calls of at least `minDuration` ns that the filter matches, in the order of writing: all, or of very many the longest and some that stand for the others. */
  readonly longCalls: (filter: Omit<CallFilter, 'limit'>) => LongCalls;
  /** Durations of calls that are alike, in ns: of all in a small recording, else of those in evenly spaced parts of it. */
  readonly siblingDurations: (siblings: Siblings) => Durations;
  /** How many calls of the same operation, function and process began and returned before it; counts no further than `most`; undefined where its first rows have gone. */
  readonly earlierCalls: (call: BriefCall, most: number) => number | undefined;
  /** Calls that did not return 0, added up. */
  readonly failures: (filter: FailureFilter) => readonly FailureSum[];
  /** Whether intervals off the CPU were recorded at all. */
  readonly hasWaits: boolean;
  readonly totals: () => readonly TotalRow[];
  /** Totals by operation, of all processes or of one. */
  readonly opTotals: (pid?: number) => readonly OpTotal[];
  /** Calls of each process in each second that the window touches, by second; nothing is estimated. */
  readonly callsBySecond: (window: Window, pid?: number) => readonly SecondCount[];
  readonly processes: () => readonly ProcessRow[];
  readonly rowCounts: () => RowCounts;
  /** Rows of waits that may overlap a window, of all threads: as many as have to be looked at. */
  readonly waitsIn: (window: Window) => number;
  /** Outermost calls in the order of time, where there are more than `most` rows of calls stretches of them. */
  readonly steppingCalls: (window: Window, pid?: number, most?: number) => SteppingCalls;
  /** Stacks by their ids; one that is not there is left out. */
  readonly stacksOf: (ids: readonly number[]) => ReadonlyMap<number, Stack>;
  /** Places in the code (frame.id) from which calls of several operations come. */
  readonly sharedFrames: () => ReadonlySet<number>;
  /** CPU samples of a thread in the window. */
  readonly samplesOf: (tid: number, window: Window) => readonly SampleRow[];
  /** Calls, waits or CPU samples that have a stack, added up by what they are, process and stack. */
  readonly stackSums: (of: StackSource, filter: StackFilter) => readonly StackSum[];
  /** All that match, with and without a stack; of very many rows an estimate, which then says so. */
  readonly stackCover: (of: StackSource, filter: StackFilter) => StackCover;
  readonly losses: (window: Window) => readonly LossRow[];
  /** For anything else; typed by the caller through the readers of row.ts. */
  readonly database: Database;
  readonly close: () => void;
};
