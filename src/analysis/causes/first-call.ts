// Whether a call was slow because it was the first of its kind: lazy loading or compilation, which runs on the CPU.
import type { CallRow, Recording } from '../../store/recording.ts';
import type { Grade } from '../chain.ts';
import type { Baseline } from '../symptoms/baseline.ts';

export type FirstCall = { readonly what: string; readonly grade: Grade };

/** Calls inside one call, by operation, most time first; only the outermost of them. */
export const insideOf = (
  recording: Recording,
  call: CallRow,
): readonly {
  readonly op: string;
  readonly role: string;
  readonly total_ns: number;
  readonly count: number;
  readonly id: number;
}[] => {
  const window = { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns };
  const sums = new Map<string, { op: string; role: string; total_ns: number; count: number; id: number }>();
  for (const inner of recording.callsOf(call.tid, window)) {
    if (inner.depth !== call.depth + 1 || inner.start_ns < window.start_ns) continue;
    const sum = sums.get(inner.op) ?? { op: inner.op, role: inner.role, total_ns: 0, count: 0, id: inner.id };
    sums.set(inner.op, { ...sum, total_ns: sum.total_ns + inner.duration_ns, count: sum.count + 1 });
  }
  return [...sums.values()].sort((a, b) => b.total_ns - a.total_ns || a.id - b.id);
};

/** Part of a first call that module loading must fill to be the proof of it. */
const LOADING = 0.5;
/** Part of it that must pass before the driver is asked for the same. */
const AT_THE_END = 0.9;

/**
 * The explanation of a call whose excess was spent on a CPU, when it was the first of its function, or of its operation where
 * it has none, in its process. Loading inside it (a driver call that loads a module) is better evidence than later calls
 * that were quick. Without either there is nothing to tell a first call from a long one.
 */
export const firstCall = (recording: Recording, call: CallRow, baseline: Baseline): FirstCall | undefined => {
  if (recording.earlierCalls(call, 1) !== 0) return undefined;
  // Of usual calls some have no row: one of them may have been the first.
  const before = { start_ns: 0, end_ns: call.start_ns };
  if (recording.losses(before).some(({ reason }) => reason === 'shed_call')) return undefined;
  const loads = insideOf(recording, call).filter(({ role }) => role === 'load');
  const loading = loads.reduce((sum, { total_ns }) => sum + total_ns, 0);
  const first = call.fn === null ? `first ${call.op} of the process` : `first ${call.op} of this function`;
  if (loading >= LOADING * call.duration_ns)
    return { what: `${first}, loading with ${loads[0]?.op ?? ''} inside it`, grade: 'D' };
  const same = insideOf(recording, call).find(({ role }) => role === call.role);
  const inner = same === undefined ? undefined : recording.callById(same.id);
  // The driver was asked for the same only at the end: until then the runtime made ready what it needs.
  if (inner !== undefined && inner.start_ns - call.start_ns >= AT_THE_END * call.duration_ns)
    return { what: `${first}, before it asked the driver (${inner.op})`, grade: 'D' };
  if (baseline.of === 'none') return undefined;
  const process = recording.processes().find(({ pid }) => pid === call.pid);
  // A process that was there before the recording may have made earlier calls.
  return { what: first, grade: process?.start_ns != null && process.start_ns >= 0 ? 'D' : 'E' };
};
