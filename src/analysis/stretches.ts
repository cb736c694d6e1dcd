// Stretches of a thread's time that belong together, and what they were spent on: those between its calls, or all of it.
import type { Recording, Window } from '../store/recording.ts';
import type { Part } from './pieces.ts';
import { sumParts } from './sum-parts.ts';
import { attribute } from './walk.ts';

/** Stretches of a thread that are one symptom. Times in ns. */
export type Stretches = {
  readonly kind: 'gap' | 'stall';
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** The call that a gap ends with; "wall time" where all of it is meant. */
  readonly op: string;
  /** Those that are looked at, the one to show first. */
  readonly windows: readonly Window[];
  /** Some of the others, which stand for all the others. */
  readonly others: readonly Window[];
  /** All of them, also those that are not looked at. */
  readonly count: number;
  readonly total_ns: number;
  readonly median_ns: number;
  /** Whether count, total and whole are estimates, from some that lie evenly. */
  readonly isEstimate?: boolean;
  /** What they are a part of. */
  readonly whole_ns: number;
  /** Rows of the symptom itself. */
  readonly rows: readonly string[];
  /** What was checked of it, and whether it is certain to be one. */
  readonly checks: readonly string[];
  readonly isCertain: boolean;
  /** Whether the longest are far above the usual ones. */
  readonly isUnusual: boolean;
};

/** What the stretches were spent on: parts with durations scaled from those looked at to all. */
export type Spent = { readonly parts: readonly Part[]; readonly closure: number; readonly contradiction: boolean };

const lengthOf = (windows: readonly Window[]): number =>
  windows.reduce((sum, { start_ns, end_ns }) => sum + end_ns - start_ns, 0);

export const spentOn = (recording: Recording, { windows, others, total_ns, ...thread }: Stretches): Spent => {
  const [own, rest] = [lengthOf(windows), lengthOf(others)];
  const walksOf = (some: readonly Window[], whole_ns: number) => {
    const seen = lengthOf(some);
    const scale = seen === 0 ? 1 : whole_ns / seen;
    return some.map((window) => ({ scale, ...attribute(recording, { ...thread, op: '', role: '' }, window) }));
  };
  const walks = [...walksOf(windows, rest === 0 ? total_ns : own), ...walksOf(others, total_ns - own)];
  const scaled = walks.map(({ parts, scale }) =>
    parts.map((part) => ({ ...part, duration_ns: part.duration_ns * scale })),
  );
  return {
    parts: sumParts(scaled).map((part) => ({ ...part, duration_ns: Math.round(part.duration_ns) })),
    closure: walks.length === 0 ? 0 : Math.min(...walks.map(({ closure }) => closure)),
    contradiction: walks.some(({ contradiction }) => contradiction),
  };
};

/** Parts with the same kind of cause and culprit. */
export type Cause = { readonly part: Part; readonly duration_ns: number };

/** What took most, by kind and process, the own time of a thread apart from that of others; of each the largest part. */
export const causesOf = (parts: readonly Part[]): readonly Cause[] => {
  const causes = new Map<string, Cause>();
  for (const part of parts) {
    const key = `${part.kind} ${part.pid} ${part.path.length > 0}`;
    const known = causes.get(key);
    causes.set(key, { part: known?.part ?? part, duration_ns: (known?.duration_ns ?? 0) + part.duration_ns });
  }
  return [...causes.values()].sort((a, b) => b.duration_ns - a.duration_ns || a.part.start_ns - b.part.start_ns);
};
