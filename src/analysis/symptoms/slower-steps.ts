// Steps of a loop that got slower and stayed so, against the loop's own rhythm before. A step ends with the call that comes once
// in each (rhythm.ts), so that it is a step however long it takes.
import type { SteppingCall } from '../../store/read-gaps.ts';
import type { ThreadCalls } from './calls-by-thread.ts';
import { lastingSlowness } from './lasting.ts';
import { type Beat, isWorth, type Slowdown, spanOf } from './slowdown.ts';

/** Steps below which there is no rhythm that could change. */
const LEAST_STEPS = 40;
/** Slow steps that do more calls than usual ones, in the middle, are other work. */
const MORE_CALLS = 1.2;

/** From the end of one beat to the end of the next. */
const stepsIn = (calls: readonly SteppingCall[], op: string): readonly Beat[] => {
  const steps: Beat[] = [];
  let last = -1;
  for (const [i, call] of calls.entries()) {
    if (call.op !== op) continue;
    const start_ns = calls[last]?.end_ns;
    if (start_ns !== undefined && call.end_ns > start_ns)
      steps.push({ start_ns, end_ns: call.end_ns, calls: calls.slice(last + 1, i + 1) });
    last = i;
  }
  return steps;
};

const callsOf = (steps: readonly Beat[]): number =>
  steps.map(({ calls }) => calls.length).sort((a, b) => a - b)[steps.length >> 1] ?? 0;

/** The slowdown of a thread's steps; undefined when there is none, or no steps are seen. */
export const slowerSteps = ({ pid, tid, stretches, step: op }: ThreadCalls): Slowdown | undefined => {
  if (op === undefined) return undefined;
  const steps = stretches.flatMap((calls) => stepsIn(calls, op));
  const lasting = steps.length < LEAST_STEPS ? undefined : lastingSlowness(steps);
  if (lasting === undefined || callsOf(lasting.slow) > MORE_CALLS * callsOf(lasting.usual)) return undefined;
  const found = {
    of: 'steps' as const,
    pid,
    tid,
    op,
    calls: callsOf(lasting.usual),
    ...lasting,
    span_ns: spanOf(stretches),
  };
  return isWorth(found) ? found : undefined;
};
