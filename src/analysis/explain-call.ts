// Explains one slow call: walks what its thread did inside it and picks the root. Puts nothing into words yet.
import type { CallRow, Recording } from '../store/recording.ts';
import { firstCall } from './causes/first-call.ts';
import type { Culprit, Grade } from './chain.ts';
import { whatOf } from './pieces.ts';
import { excessOf, observedShare, rootOf } from './root.ts';
import { timeByKind } from './shares.ts';
import { cameSooner } from './symptoms/device-time.ts';
import { HANDS_OVER, isFarAbove, isQuick, type SlowCalls } from './symptoms/slow-call.ts';
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
  /** Part of what lies beyond the usual that the recorder itself took, 0 to 1. */
  readonly observed: number;
};

/** What a call does by itself varies: only a call so many times above the median did more of it than its like. */
const OWN_FACTOR = 3;
/** And a copy that does not wait takes far less time than one that does. */
const AT_ONCE = 10;

/**
 * Whether a call that did nothing but its own work is slow: it can be compared, and is far above the middle of its like. An
 * operation that is short in some states and long in others (a wait for a device that is idle or busy) is so by nature.
 */
const isSlowByItself = ({ role, op }: CallRow, duration: number, { baseline }: SlowCalls): boolean => {
  if (baseline.of === 'none') return false;
  if (HANDS_OVER.has(role) || isFarAbove(duration, baseline.median_ns, OWN_FACTOR)) return true;
  // Some copies of that size return at once, and others do the work on the spot.
  return isQuick(role, op) && isFarAbove(duration, baseline.usual_ns, AT_ONCE);
};

/** From here on the recorder's part of the excess is the reason. */
const MOSTLY = 0.5;

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
  const excesses = excessOf(walk.parts, above ? slow.baseline.usual_ns : 0, own, typical);
  const observed = observedShare(excesses);
  const byUs = (timeByKind(walk.parts).get('observer') ?? 0) * Math.sign(observed);
  // Without the recorder it would not have been slow: that is no cause of the program's.
  const isOurs =
    observed >= MOSTLY || (above && byUs > 0 && !isFarAbove(call.duration_ns - byUs, slow.baseline.usual_ns));
  const found = rootOf(excesses.filter(({ part }) => (part.kind === 'observer') === isOurs));
  if (found === undefined) return undefined;
  const { part, excess_ns } = found;
  const { kind, pid, tid, comm, grade } = part;
  const what = whatOf(part);
  const explained = { call, slow, typical, walk, part, excess_ns, observed };
  // Tested before any other explanation, but only time on a CPU, or that no row tells of, can be loading: a wait says itself
  // what it was for.
  const mayLoad = part.path.length === 0 && (kind === 'on_cpu' || (kind === 'unknown' && part.evidence.length === 0));
  const first = above && mayLoad ? firstCall(recording, call, slow.baseline) : undefined;
  if (first !== undefined) return { ...explained, root: { kind: 'first_call', pid, tid, comm, ...first } };
  const isOwn = (kind === own && part.path.length === 0) || kind === 'unknown';
  if (above && isOwn && !isSlowByItself(call, call.duration_ns - byUs, slow)) return undefined;
  const beyond_ns = call.duration_ns - slow.baseline.usual_ns;
  if (above && isOwn && kind === 'gpu_wait' && cameSooner(recording, call, beyond_ns)) return undefined;
  return { ...explained, root: { kind, pid, tid, comm, what, grade } };
};
