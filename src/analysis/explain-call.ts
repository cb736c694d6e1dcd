// Explains one slow call: walks what its thread did inside it and picks the root. Puts nothing into words yet.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { CallRow, Recording } from '../store/recording.ts';
import { firstCall } from './causes/first-call.ts';
import type { Culprit, Grade } from './chain.ts';
import { excessOf, rootOf } from './root.ts';
import type { SlowCalls } from './symptoms/slow-call.ts';
import { attribute, type Part, type Walk } from './walk.ts';

/** A slow call and why. Times in ns. */
export type Explained = {
  readonly call: CallRow;
  readonly slow: SlowCalls;
  readonly walk: Walk;
  readonly root: Culprit & { readonly grade: Grade };
  /** The part of the walk that the root is. */
  readonly part: Part;
  /** How much of the call beyond the usual the root explains. */
  readonly excess_ns: number;
};

const usualKindOf = (role: string): RootKind => (role === 'sync' ? 'gpu_wait' : 'on_cpu');

/**
 * The explanation of one call, or undefined when there is none worth saying: a call that cannot be compared with others and
 * did nothing but its own work is not known to be slow.
 */
export const explainCall = (recording: Recording, id: number, slow: SlowCalls): Explained | undefined => {
  const call = recording.callById(id);
  if (call === undefined || call.duration_ns <= 0) return undefined;
  const walk = attribute(recording, call, { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns });
  const usualKind = usualKindOf(call.role);
  const usual = slow.reason === 'above' ? slow.baseline.usual_ns : 0;
  const found = rootOf(excessOf(walk.parts, usual, usualKind));
  if (found === undefined) return undefined;
  const { part, excess_ns } = found;
  const { kind, pid, tid, comm, what, grade } = part;
  const explained = { call, slow, walk, part, excess_ns };
  // Tested before any other explanation, but only time on a CPU can be loading: a wait says itself what it was for.
  const first = slow.reason === 'above' && kind === 'on_cpu' ? firstCall(recording, call, slow.baseline) : undefined;
  if (first !== undefined) return { ...explained, root: { kind: 'first_call', pid, tid, comm, ...first } };
  if (slow.reason === 'above' && slow.baseline.of === 'none' && (kind === usualKind || kind === 'unknown'))
    return undefined;
  return { ...explained, root: { kind, pid, tid, comm, what, grade } };
};
