// A timer for any length of time: those of the platform end at once when they are set to more than 24.8 days.

/** The longest that setTimeout takes, in ms: 2^31 - 1 (HTML standard and Node's timers). */
const LONGEST_MS = 2 ** 31 - 1;

export type LongTimer = { readonly cancel: () => void };

/** Calls `action` once, after `ms` milliseconds. */
export const startLongTimer = (ms: number, action: () => void): LongTimer => {
  let left = ms;
  let timer: ReturnType<typeof setTimeout>;
  const arm = () => {
    const part = Math.min(left, LONGEST_MS);
    left -= part;
    timer = setTimeout(() => (left > 0 ? arm() : action()), part);
  };
  arm();
  return { cancel: () => clearTimeout(timer) };
};
