// The states of one thread in a window, in order and without a gap: running is what its waits leave. Knows nothing of who
// or what it waited for.
import { isRootKind, type RootKind } from '../../catalogue/root-kinds.ts';
import type { Window } from '../../store/recording.ts';
import type { EndedWait } from '../causes/keeper.ts';

export const states = ['running', 'runnable', 'blocked', 'throttled'] as const;
export type State = (typeof states)[number];

/** A stretch of one state, in ns. `wait` is the row that it comes from; running comes from none. */
export type Stretch = {
  readonly start: number;
  readonly end: number;
  readonly state: State;
  readonly kind: RootKind;
  readonly wait: EndedWait | undefined;
};

/**
 * Divides a window by the waits of a thread, given in the order of their start; the lengths of all stretches add up to it.
 * Where waits contradict one another, the one that began first holds. Not an instant of a wait for CPU quota counts as ready,
 * since nothing tells when the thread was let go. `running` is what time without a wait is: unknown where rows may be missing.
 */
export const createStretches = (window: Window, running: RootKind = 'on_cpu') => {
  let cursor = window.start_ns;
  let latest = Number.NEGATIVE_INFINITY;
  let contradictions = 0;

  const run = (end: number): readonly Stretch[] =>
    end > cursor ? [{ start: cursor, end, state: 'running', kind: running, wait: undefined }] : [];

  const next = (wait: EndedWait): readonly Stretch[] => {
    const back = wait.start_ns + wait.duration_ns;
    if (wait.start_ns < latest) contradictions++;
    latest = Math.max(latest, back);
    const start = Math.max(cursor, Math.min(window.end_ns, wait.start_ns));
    const end = Math.min(window.end_ns, back);
    if (end <= start) return [];
    const before = run(start);
    cursor = end;
    const kind = isRootKind(wait.kind) ? wait.kind : 'unknown';
    if (kind === 'throttled') return [...before, { start, end, state: 'throttled', kind, wait }];
    const ready = Math.min(end, Math.max(start, wait.start_ns + wait.blocked_ns));
    const blocked: Stretch = { start, end: ready, state: 'blocked', kind, wait };
    const queued: Stretch = { start: ready, end, state: 'runnable', kind: 'runnable', wait };
    return [...before, ...(ready > start ? [blocked] : []), ...(end > ready ? [queued] : [])];
  };

  return {
    /** The stretches up to the end of a wait, those of the wait last. */
    next,
    /** What is left of the window after the last wait. */
    rest: (): readonly Stretch[] => run(window.end_ns),
    /** How many waits began before an earlier one had ended: rows that cannot all be true. */
    contradictions: (): number => contradictions,
  };
};
