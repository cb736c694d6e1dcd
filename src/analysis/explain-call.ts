// Explains one slow call: walks what its thread did inside it and picks the root. Puts nothing into words yet.
import type { CallRow, Recording } from '../store/recording.ts';
import { firstCall } from './causes/first-call.ts';
import type { Culprit, Grade } from './chain.ts';
import { excessOf, rootOf } from './root.ts';
import { HANDS_OVER, isFarAbove, type SlowCalls } from './symptoms/slow-call.ts';
import { ownKindOf, type Typical } from './typical.ts';
import { attribute, type Part, type Walk } from './walk.ts';

/** A slow call and why. Times in ns. */
export type Explained = {
  readonly call: CallRow;
  readonly slow: SlowCalls;
  readonly typical: Typical;
  readonly walk: Walk;
  readonly root: Culprit & { readonly grade: Grade };
  /** The part of the walk that the root is. */
  readonly part: Part;
  /** How much of the call beyond the usual the root explains. */
  readonly excess_ns: number;
};

/** What a call does by itself varies: only a call so many times above the median did more of it than its like. */
const OWN_FACTOR = 3;

/**
 * Whether a call that did nothing but its own work is slow: it can be compared, and is far above the middle of its like. An
 * operation that is short in some states and long in others (a wait for a device that is idle or busy) is so by nature.
 */
const isSlowByItself = (call: CallRow, { baseline }: SlowCalls): boolean =>
  baseline.of !== 'none' && (HANDS_OVER.has(call.role) || isFarAbove(call.duration_ns, baseline.median_ns, OWN_FACTOR));

/**
 * The explanation of one call, or undefined when there is none worth saying: a call that did its own work, and no more of it
 * than its like, is not known to be slow.
 */
export const explainCall = (
  recording: Recording,
  id: number,
  slow: SlowCalls,
  typical: Typical,
): Explained | undefined => {
  const call = recording.callById(id);
  if (call === undefined || call.duration_ns <= 0) return undefined;
  const walk = attribute(recording, call, { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns });
  const own = ownKindOf(call.role);
  const above = slow.reason === 'above';
  const found = rootOf(excessOf(walk.parts, above ? slow.baseline.usual_ns : 0, own, typical));
  if (found === undefined) return undefined;
  const { part, excess_ns } = found;
  const { kind, pid, tid, comm, what, grade } = part;
  const explained = { call, slow, typical, walk, part, excess_ns };
  // Tested before any other explanation, but only time on a CPU can be loading: a wait says itself what it was for.
  const first = above && kind === 'on_cpu' ? firstCall(recording, call, slow.baseline) : undefined;
  if (first !== undefined) return { ...explained, root: { kind: 'first_call', pid, tid, comm, ...first } };
  if (above && (kind === own || kind === 'unknown') && !isSlowByItself(call, slow)) return undefined;
  return { ...explained, root: { kind, pid, tid, comm, what, grade } };
};
