// Calls a second that fell and stayed low, of a thread whose calls have no steps to be judged by. Only where it makes the same
// calls as before: another part of a program is no slowness.
import type { SteppingCall } from '../../store/read-gaps.ts';
import type { ThreadCalls } from './calls-by-thread.ts';
import { lastingSlowness } from './lasting.ts';
import { type Beat, isWorth, type Slowdown, spanOf } from './slowdown.ts';

/** Calls that are taken together, at least, and such groups at most. */
const TOGETHER = 10;
const GROUPS = 400;
/** How different the shares of operations may be, 0 to 1. */
const MOST_DIFFERENT = 0.15;

const groupsIn = (calls: readonly SteppingCall[], size: number): readonly Beat[] =>
  Array.from({ length: Math.floor((calls.length - 1) / size) }, (_, i) => {
    const inside = calls.slice(1 + i * size, 1 + (i + 1) * size);
    return { start_ns: calls[i * size]?.end_ns ?? 0, end_ns: inside.at(-1)?.end_ns ?? 0, calls: inside };
  }).filter(({ start_ns, end_ns }) => end_ns > start_ns);

const sharesOf = (groups: readonly Beat[]): ReadonlyMap<string, number> => {
  const shares = new Map<string, number>();
  const all = groups.reduce((sum, { calls }) => sum + calls.length, 0);
  for (const { calls } of groups) for (const { op } of calls) shares.set(op, (shares.get(op) ?? 0) + 1 / all);
  return shares;
};

/** Half of the sum of differences: the part of the calls that is not alike. */
const unlike = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number =>
  [...new Set([...a.keys(), ...b.keys()])].reduce((sum, op) => sum + Math.abs((a.get(op) ?? 0) - (b.get(op) ?? 0)), 0) /
  2;

/** The fall of a thread's calls a second; undefined when there is none, or its steps tell more. */
export const throughputFell = (thread: ThreadCalls): Slowdown | undefined => {
  if (thread.step !== undefined) return undefined;
  const { pid, tid, stretches } = thread;
  const calls = Math.max(TOGETHER, Math.ceil(stretches.reduce((sum, part) => sum + part.length, 0) / GROUPS));
  const lasting = lastingSlowness(stretches.flatMap((part) => groupsIn(part, calls)));
  if (lasting === undefined) return undefined;
  const usual = sharesOf(lasting.usual);
  if (unlike(usual, sharesOf(lasting.slow)) > MOST_DIFFERENT) return undefined;
  const [op = ''] = [...usual].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0] ?? [];
  const found = { of: 'throughput' as const, pid, tid, op, calls, ...lasting, span_ns: spanOf(stretches) };
  return isWorth(found) ? found : undefined;
};
