// What is left out first when the machine cannot keep up, and by how much: data only. Slow calls, failed ones, the first of
// their kind, those that give or take memory, long waits, births and ends, and every loss are never left out.

/** Levels of shedding; 0: everything is kept. */
export const HIGHEST_LEVEL = 4;

/** One in so many is kept and stands for the others; a power of two. */
type OneIn = readonly [level0: 1, level1: number, level2: number, level3: number, level4: number];

export type SheddingRule = {
  readonly oneIn: OneIn;
  /** What is kept less of. */
  readonly what: string;
  readonly doc: string;
};

const rule = <const R extends SheddingRule>(spec: R): R => spec;

/** In the order in which they are given up, the least valuable first. */
export const sheddingRules = {
  sample: rule({
    oneIn: [1, 4, 16, 64, 1024],
    what: 'samples of what runs',
    doc: 'each sample that is kept has a weight',
  }),
  stack: rule({
    oneIn: [1, 1, 8, 64, 1024],
    what: 'stacks of usual calls and short waits',
    doc: 'those of slow calls and of waits that are likely to be long are still taken; each that is kept has a weight',
  }),
  call: rule({
    oneIn: [1, 1, 1, 8, 64],
    what: 'rows of usual calls',
    doc: 'of calls of at most 1 ms that are not among the slowest of their kind: at most a thirty-second, counted by powers of two of their time; each row that is kept has a weight, totals count all',
  }),
  wait: rule({
    oneIn: [1, 1, 1, 1, 8],
    what: 'rows of short waits',
    doc: 'of intervals below 20 us of which there is no stack and nothing else to tell; each row that is kept has a weight',
  }),
} as const;
export type Shed = keyof typeof sheddingRules;

/** ns; a wait that is shorter may be left out. */
export const SHORT_WAIT = 20_000;
/** A ring of which so many quarters are in use takes no more usual calls than the highest level does, whatever the level is. */
export const FULL_QUARTERS = 3;

/** What a level keeps: of each kind one in so many. Levels beyond the highest are the highest. */
export const keptAt = (level: number): Readonly<Record<Shed, number>> => {
  const at = (shed: Shed): number => sheddingRules[shed].oneIn[Math.min(level, HIGHEST_LEVEL)] ?? 1;
  return { sample: at('sample'), stack: at('stack'), call: at('call'), wait: at('wait') };
};
