// When to give memory back: in quiet times, once after the start and once after each busy stretch. Knows times and numbers only.

/** ms in which next to nothing came. */
const QUIET_MS = 3000;
/** Events of a step that are next to nothing. */
const FEW = 64;
/** Events after which it is worth it again. */
const MANY = 100_000;

export type Tidying = {
  /** Takes the time in ms and how many events a step read; says whether it is time. */
  readonly see: (now: number, read: number) => boolean;
};

export const createTidying = (): Tidying => {
  let quietSince: number | undefined;
  /** Since the last time; before the first time all that the start took is to be given back. */
  let events = MANY;
  return {
    see: (now, read) => {
      events += read;
      if (read > FEW) quietSince = undefined;
      else quietSince ??= now;
      if (quietSince === undefined || now - quietSince < QUIET_MS || events < MANY) return false;
      events = 0;
      return true;
    },
  };
};
