// What a comparison finds: one thing that is not as it was, with the figures of both sides and the rows that show it.
import type { RootKind } from '../../catalogue/root-kinds.ts';

/** Where a thread's time went, or calls of one kind. Shares are of wall time, 0 to 1 for one thread. Times in ns. */
export type TimeFigures = { readonly share: number };
export type CallFigures = {
  /** Calls per second, and time in them as a share of wall time. */
  readonly per_second: number;
  readonly share: number;
  readonly count: number;
  readonly p50_ns: number;
  readonly p95_ns: number;
};
export type RateFigures = { readonly per_second: number };

type Who = { readonly pid: number; readonly comm: string };

type Common = {
  readonly summary: string;
  /** The process that it is about. */
  readonly pid: number;
  readonly comm: string;
  /** Change in shares of wall time: what it is ranked by. */
  readonly effect: number;
  /** Rows that show it, of the side with more of it: "view:id". */
  readonly evidence: readonly string[];
};

export type TimeDifference = Common & {
  readonly kind: 'time';
  /** Of what the time was, and by whom; threads that it befell, the one with most first. */
  readonly cause: RootKind;
  readonly what: string;
  readonly culprit?: Who & { readonly isNew: boolean };
  readonly threads: readonly string[];
  /** Whether one of them makes calls, or none in the window does. */
  readonly ofCaller: boolean;
  readonly before: TimeFigures;
  readonly after: TimeFigures;
};

export type CallDifference = Common & {
  readonly kind: 'calls';
  readonly op: string;
  /** Size class or function, where calls of the operation are told apart by it. */
  readonly of: string;
  readonly change: 'slower' | 'faster' | 'more' | 'fewer' | 'new' | 'gone';
  readonly before: CallFigures;
  readonly after: CallFigures;
};

export type RateDifference = Common & {
  readonly kind: 'throughput';
  /** What was counted: calls, or one operation that each step of a loop ends with. */
  readonly what: string;
  readonly before: RateFigures;
  readonly after: RateFigures;
};

export type Difference = TimeDifference | CallDifference | RateDifference;

/** Differences of one kind, and a line on how much was looked at to find them. */
export type Found<D extends Difference> = { readonly differences: readonly D[]; readonly checked: string };
