// What a thread spent a stretch of time on when calls lie in it: a wait inside a call means what the call is for. Adds
// nothing to the walk but the knowledge of which call it was in.

import type { WindowCall } from '../store/read-window.ts';
import type { Recording, Window } from '../store/recording.ts';
import { spinsForGpu } from './causes/gpu-wait.ts';
import type { Part } from './pieces.ts';
import { sumParts } from './sum-parts.ts';
import { attribute } from './walk.ts';

type Thread = { readonly pid: number; readonly tid: number; readonly comm: string };

/** Shorter calls are walked with the time around them, in ns. */
const LEAST_CALL = 20_000;

/**
 * Parts of a thread's time in a window, longest first; they add up to it. `calls` are outermost calls of the thread in the
 * order of their start; those that reach over an edge count with what is inside.
 */
export const spentIn = (
  recording: Recording,
  { pid, tid, comm }: Thread,
  window: Window,
  calls: readonly Pick<WindowCall, 'start_ns' | 'duration_ns' | 'op' | 'role'>[],
): readonly Part[] => {
  const parts: (readonly Part[])[] = [];
  const walk = (start_ns: number, end_ns: number, op: string, role: string) => {
    if (end_ns > start_ns) parts.push(attribute(recording, { pid, tid, comm, op, role }, { start_ns, end_ns }).parts);
  };
  let cursor = window.start_ns;
  for (const { start_ns, duration_ns, op, role } of calls) {
    const start = Math.max(cursor, start_ns);
    const end = Math.min(window.end_ns, start_ns + duration_ns);
    if (duration_ns < LEAST_CALL || end <= start) continue;
    // Time on a CPU means the same in any call but one that waits for the device: most calls need no walk of their own.
    if (!spinsForGpu(role) && recording.waitsOf(tid, { start_ns: start, end_ns: end }).length === 0) continue;
    walk(cursor, start, '', '');
    walk(start, end, op, role);
    cursor = end;
  }
  walk(cursor, window.end_ns, '', '');
  return sumParts(parts);
};
