// Numbers that look random and are the same for the same seed.

export type Random = {
  /** A whole number, both ends included. */
  readonly whole: (from: number, to: number) => number;
  readonly one: <T>(of: readonly [T, ...T[]]) => T;
};

/** Mulberry32, a generator of 32 bits by Tommy Ettinger. The name keeps the runs of one seed apart. */
export const createRandom = (seed: number, name: string): Random => {
  let state = seed >>> 0;
  for (const letter of name) state = (Math.imul(state, 31) + letter.charCodeAt(0)) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return { whole, one: (of) => of[whole(0, of.length - 1)] ?? of[0] };
};
