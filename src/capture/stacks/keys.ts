// Numbers for texts that come again and again. Must not know what they stand for.

export type Keys = {
  /** The number of a text, and whether it is new. */
  readonly of: (text: string) => { readonly key: number; readonly isNew: boolean };
  /** The text is new again. */
  readonly forget: (text: string) => void;
  /** All texts are new again. */
  readonly forgetAll: () => void;
  /** A number that nothing else has. */
  readonly fresh: () => number;
};

/** At most `most` texts are remembered; then all are forgotten at once, which `onForgotten` hears of first. */
export const createKeys = (most: number, onForgotten: () => void): Keys => {
  const known = new Map<string, number>();
  let last = 0;
  const forgetAll = () => {
    known.clear();
    onForgotten();
  };
  return {
    forgetAll,
    of: (text) => {
      const found = known.get(text);
      if (found !== undefined) return { key: found, isNew: false };
      if (known.size >= most) forgetAll();
      known.set(text, ++last);
      return { key: last, isNew: true };
    },
    forget: (text) => {
      known.delete(text);
    },
    fresh: () => ++last,
  };
};
