// In which function a thread was while it ran, as far as samples of it tell.
import type { Recording, Window } from '../../store/recording.ts';
import { placeText } from '../frame-text.ts';
import { visibleFrames } from '../visible-frames.ts';

/** The function with most samples: `count` of the `samples` that have a stack. */
export type Sampled = { readonly where: string; readonly count: number; readonly samples: number };

/** Undefined when no sample fell into the windows of this thread. */
export const sampledIn = (
  recording: Recording,
  stretches: readonly { readonly tid: number; readonly window: Window }[],
): Sampled | undefined => {
  const weights = new Map<number, number>();
  for (const { tid, window } of stretches)
    for (const { stack, weight } of recording.samplesOf(tid, window))
      if (stack !== null) weights.set(stack, (weights.get(stack) ?? 0) + weight);
  const counts = new Map<string, number>();
  for (const [id, stack] of recording.stacksOf([...weights.keys()])) {
    const [innermost] = visibleFrames(stack, false);
    if (innermost === undefined) continue;
    const where = placeText(innermost);
    counts.set(where, (counts.get(where) ?? 0) + (weights.get(id) ?? 0));
  }
  const samples = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most === undefined ? undefined : { where: most[0], count: most[1], samples };
};
