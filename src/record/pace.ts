// How much to read at once, and how long to sleep in between: short steps, so that a program on the same CPU never waits
// long for the recorder, and longer ones only as far as a ring fills otherwise. Knows numbers only.

/** Events of an ordinary step: they take well below half a millisecond. */
const STEP = 128;
/** Events of a step at most: below a second of work. */
const LONGEST_STEP = 50_000;
/** Time between two steps: long when there is nothing to read. A timer of Node sleeps 1 ms at least. */
export const SLOWEST_MS = 50;
const FASTEST_MS = 1;
/** Share of a ring in use above which no time is slept. */
export const FULL = 0.1;

export type Pace = {
  /** Events to read in the next step. */
  readonly limit: () => number;
  /** Tells what a step read, and the share of the fullest ring still in use (0 to 1). Returns the ms until the next. */
  readonly next: (read: number, fill: number) => number;
};

/** A pace at its beginning: it is expected that much happens. */
export const createPace = (): Pace => {
  let limit = STEP;
  let wait = FASTEST_MS;
  let lastFill = 0;
  return {
    limit: () => limit,
    next: (read, fill) => {
      const isGrowing = fill > lastFill;
      lastFill = fill;
      if (read < limit) {
        limit = STEP;
        wait = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, read === 0 ? wait * 2 : (wait * STEP) / (2 * read)));
        return wait;
      }
      if (isGrowing || fill > FULL) limit = Math.min(LONGEST_STEP, limit * 2);
      wait = FASTEST_MS;
      return fill > FULL ? 0 : wait;
    },
  };
};
