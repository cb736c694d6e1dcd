// The outermost calls of each thread in stretches of time in which none is missing: what a rhythm is found in.
import type { SteppingCall } from '../../store/read-gaps.ts';
import type { Recording, Window } from '../../store/recording.ts';
import { stepOf } from '../rhythm.ts';

export type ThreadCalls = {
  readonly pid: number;
  readonly tid: number;
  /** Calls of one stretch after the other, each in the order of time. */
  readonly stretches: readonly (readonly SteppingCall[])[];
  /** The operation that ends a step of its loop; undefined when it has no steps. */
  readonly step: string | undefined;
};

/** Calls below which a thread has no rhythm that could change. */
const LEAST_CALLS = 80;

export const callsByThread = (
  recording: Recording,
  window: Window,
  pid: number | undefined,
): readonly ThreadCalls[] => {
  const threads = new Map<string, { pid: number; tid: number; calls: SteppingCall[] }>();
  for (const call of recording.steppingCalls(window, pid).calls) {
    const key = `${call.pid} ${call.tid}`;
    const thread = threads.get(key) ?? { pid: call.pid, tid: call.tid, calls: [] };
    if (thread.calls.length === 0) threads.set(key, thread);
    thread.calls.push(call);
  }
  return [...threads.values()]
    .filter(({ calls }) => calls.length >= LEAST_CALLS)
    .map(({ calls, ...who }) => {
      const stretches = [...Map.groupBy(calls, ({ stretch }) => stretch).values()].map((part) =>
        part.toSorted((a, b) => a.start_ns - b.start_ns || a.id - b.id),
      );
      return { ...who, stretches, step: stepOf(stretches) };
    });
};
