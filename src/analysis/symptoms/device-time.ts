// How long the device had its work: from the first call that handed some over to the end of the call that waits for it. The wait
// alone is long, too, where the thread came to it sooner than usual. Judges durations and the order of calls, not why.
import type { CallRow, Recording } from '../../store/recording.ts';
import { drains, handsWork } from './gap.ts';

type DeviceTimes = {
  /** In ns, by the id of the call that waits. */
  readonly byCall: ReadonlyMap<number, number>;
  /** The shorter ones of each process and operation: a quarter took no longer. */
  readonly usual: ReadonlyMap<string, number>;
};

/** Part of what a wait took beyond the usual that the device must have taken longer. */
const LEAST_LATER = 0.5;

const known = new WeakMap<Recording, DeviceTimes>();

const keyOf = ({ pid, op }: { readonly pid: number; readonly op: string }): string => `${pid} ${op}`;

const readAll = (recording: Recording): DeviceTimes => {
  const byCall = new Map<number, number>();
  const byKind = new Map<string, number[]>();
  /** When the first work since the last wait was handed over, by thread and stretch of calls. */
  const since = new Map<string, number>();
  for (const call of recording.steppingCalls(recording.window).calls) {
    const thread = `${call.tid} ${call.stretch}`;
    const from = since.get(thread);
    if (drains(call)) {
      if (from !== undefined) {
        byCall.set(call.id, call.end_ns - from);
        const times = byKind.get(keyOf(call)) ?? [];
        if (times.length === 0) byKind.set(keyOf(call), times);
        times.push(call.end_ns - from);
      }
      since.delete(thread);
    } else if (from === undefined && handsWork(call)) since.set(thread, call.start_ns);
  }
  const usual = new Map(
    [...byKind].map(([key, times]) => [key, times.sort((a, b) => a - b)[Math.floor((times.length - 1) / 4)] ?? 0]),
  );
  return { byCall, usual };
};

/**
 * Whether a call that waits for the device took `excess_ns` longer than usual only since its thread came to it sooner: the
 * device was done with the work about as long after it was handed over as ever. False where the calls before it do not tell.
 */
export const cameSooner = (recording: Recording, call: CallRow, excess_ns: number): boolean => {
  const times = known.get(recording) ?? readAll(recording);
  known.set(recording, times);
  const own = times.byCall.get(call.id);
  const usual = times.usual.get(keyOf(call));
  return own !== undefined && usual !== undefined && own - usual < LEAST_LATER * excess_ns;
};
