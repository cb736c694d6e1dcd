// The shape of a causal answer: a contract with every reader. Times are ns since the recording began, shares sum to 1.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { LossRow, Window } from '../store/recording.ts';
import type { CodeLine } from './code-line.ts';

export type Culprit = {
  readonly kind: RootKind;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** File, device, cgroup, lock, peer, system call or function: whatever names it best. */
  readonly what: string;
};

/** Time with one cause. Where nobody is known for it, or more than one, `pid` and `tid` are 0 and `comm` is empty. */
export type BreakdownPart = Culprit & { readonly duration_ns: number; readonly share: number };

export type Symptom = {
  readonly kind: 'slow_call' | 'gap' | 'stall' | 'failure';
  readonly op: string;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly duration_ns: number;
  /** What the same operation usually takes. */
  readonly baseline_ns: number;
  /** How many similar ones this one stands for. */
  readonly count: number;
  /** The line of the user's own code that it was called from, where a stack was taken. */
  readonly code?: CodeLine;
};

export type Link = {
  readonly from_tid: number;
  readonly to_tid: number;
  readonly kind: RootKind;
  readonly start_ns: number;
  readonly end_ns: number;
  /** Rows that prove it, as "view:id". */
  readonly evidence: readonly string[];
  /** Where in the user's own code the thread waited, when that is not the symptom's line: "load() at data.py:30". */
  readonly code?: string;
};

/** How good the evidence is: A proven by a key match, B closed interval with known waker, C who ran, D inferred from the call, E statistical. */
export type Grade = 'A' | 'B' | 'C' | 'D' | 'E';

export type Chain = {
  readonly id: string;
  readonly summary: string;
  readonly symptom: Symptom;
  readonly root: Culprit & { readonly share: number };
  /** Threads that lead to the root, each waiting for the next: "data-loader (pid 12)". Absent where the thread's own time does. */
  readonly via?: readonly string[];
  readonly links: readonly Link[];
  readonly breakdown: readonly BreakdownPart[];
  /** Part of the symptom's time that the breakdown accounts for, 1 when all of it. */
  readonly closure: number;
  readonly confidence: number;
  readonly grade: Grade;
  readonly counter_evidence: readonly string[];
  readonly recommendations: readonly string[];
};

export type ChainsAnswer = {
  readonly chains: readonly Chain[];
  readonly verdict: 'explained' | 'healthy' | 'insufficient_evidence';
  readonly losses: readonly LossRow[];
  readonly window: Window;
  /** What the recorder's own load took from the program, where that is enough to show. */
  readonly observer?: string;
  /** What of very many calls was not looked at. */
  readonly notes?: readonly string[];
};

export type ChainsFilter = {
  readonly pid?: number;
  readonly op?: string;
  readonly window?: Window;
  /** Only calls that lasted at least so long, in ns. */
  readonly minDuration?: number;
  /** Chains at most. */
  readonly top: number;
};
