// What a lasting slowness of a thread is, whatever it was found by: steps or calls a second. Only data.
import type { SteppingCall } from '../../store/read-gaps.ts';
import type { Window } from '../../store/recording.ts';

/** A stretch of a thread's time, and the calls in it. */
export type Beat = Window & { readonly calls: readonly SteppingCall[] };

export type Slowdown = {
  readonly of: 'steps' | 'throughput';
  readonly pid: number;
  readonly tid: number;
  /** The call that ends a step; for throughput the commonest. */
  readonly op: string;
  /** Calls in one stretch. */
  readonly calls: number;
  readonly usual_ns: number;
  readonly slow: readonly Beat[];
  readonly usual: readonly Beat[];
  readonly excess_ns: number;
  /** What was looked at of the thread, in ns. */
  readonly span_ns: number;
};

/** Of a thread's time, the least that a slowness must cost to be worth an answer; and the least at all, in ns. */
const LEAST_SHARE = 0.1;
const LEAST_NS = 50e6;

export const isWorth = ({ excess_ns, span_ns }: Slowdown): boolean =>
  excess_ns >= LEAST_NS && excess_ns >= LEAST_SHARE * span_ns;

/** From the first to the last call of each stretch. */
export const spanOf = (stretches: readonly (readonly SteppingCall[])[]): number =>
  stretches.reduce((sum, calls) => sum + (calls.at(-1)?.end_ns ?? 0) - (calls[0]?.start_ns ?? 0), 0);
