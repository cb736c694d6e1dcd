// How much to leave out when the machine cannot keep up: more, step by step and at once, while something is over its mark; less,
// slowly, once all has been calm for a while. Knows numbers only; what a level leaves out is data of the catalogue.
import { HIGHEST_LEVEL } from '../catalogue/shedding.ts';

/** What is measured. */
export type Measured = {
  /** Share of the fullest ring that waits to be read. */
  readonly ring: number;
  /** ms that the last commit took, from its first part to its last. */
  readonly commit: number;
  /** ms that the longest step took since the last time: a step that waits for a disk or a CPU is long. */
  readonly step: number;
  /** Share of the stacks that may wait for their names that do. */
  readonly names: number;
};

type Mark = {
  /** From here on it is too much. */
  readonly over: number;
  /** Below this it is calm. */
  readonly calm: number;
  /** The level that it leads to at most: what only delays stacks is no reason to leave out calls. */
  readonly highest: number;
  /** Whether it counts only while the rings are not calm: a slow disk alone loses nothing. */
  readonly withRing: boolean;
};

/** A ring fills in about a second at the highest rate: from its mark on there is time for all levels. */
export const marks: Readonly<Record<keyof Measured, Mark>> = {
  ring: { over: 0.35, calm: 0.05, highest: HIGHEST_LEVEL, withRing: false },
  commit: { over: 500, calm: 250, highest: 2, withRing: true },
  step: { over: 250, calm: 100, highest: 2, withRing: true },
  names: { over: 0.5, calm: 0.25, highest: 2, withRing: false },
};
const KINDS = ['ring', 'commit', 'step', 'names'] as const;

/** ms between two steps up, and of calm before each step down. */
const UP_MS = 60;
const DOWN_MS = 2000;

export type Shedding = {
  /** Takes what is measured at a time in ms, and gives the level from now on. */
  readonly see: (now: number, measured: Measured) => number;
};

export const createShedding = (): Shedding => {
  let level = 0;
  let changed = Number.NEGATIVE_INFINITY;
  let calmSince: number | undefined;
  return {
    see: (now, measured) => {
      const isRingCalm = measured.ring < marks.ring.calm;
      const isOver = (kind: (typeof KINDS)[number]) =>
        measured[kind] >= marks[kind].over && !(marks[kind].withRing && isRingCalm);
      const wanted = KINDS.reduce((most, kind) => (isOver(kind) ? Math.max(most, marks[kind].highest) : most), 0);
      const isCalm = isRingCalm && measured.names < marks.names.calm;
      if (!isCalm) calmSince = undefined;
      else calmSince ??= now;
      if (wanted > level && now - changed >= UP_MS) {
        level++;
        changed = now;
      } else if (level > 0 && calmSince !== undefined && now - Math.max(calmSince, changed) >= DOWN_MS) {
        level--;
        changed = now;
      }
      return level;
    },
  };
};
