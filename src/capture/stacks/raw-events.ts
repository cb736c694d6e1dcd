// The raw events of stacks, put one behind the other to be handed to another thread, and taken apart there.
// Must not know what they mean.

/** Each event: how many words it has, a number that its reader gave to it, and its words. `used` words count. */
export type RawEvents = { readonly words: Uint32Array<ArrayBuffer>; readonly used: number };

const HEAD = 2;
const INITIAL = 1 << 18;
/** Larger buffers are given up after use. */
const LARGEST_SPARE = 1 << 20;
const SPARES = 4;

export type Collector = {
  /** Adds an event of `length` words. */
  readonly add: (words: Uint32Array, at: number, length: number, number: number) => void;
  /** How many words wait. */
  readonly waiting: () => number;
  /** What has been added since the last time; undefined when nothing was. It may be transferred. */
  readonly takeAll: () => RawEvents | undefined;
  /** What was taken is not needed any more: making new buffers is dear. */
  readonly giveBack: (words: Uint32Array<ArrayBuffer>) => void;
};

/** Collects events in one buffer, which grows as it must. */
export const createCollector = (): Collector => {
  const spares: Uint32Array<ArrayBuffer>[] = [];
  let buffer = new Uint32Array(INITIAL);
  let used = 0;
  return {
    add: (words, at, length, number) => {
      const needed = used + HEAD + length;
      if (needed > buffer.length) {
        const larger = new Uint32Array(2 ** Math.ceil(Math.log2(needed)));
        larger.set(buffer.subarray(0, used));
        buffer = larger;
      }
      buffer[used] = length;
      buffer[used + 1] = number;
      buffer.set(words.subarray(at, at + length), used + HEAD);
      used = needed;
    },
    waiting: () => used,
    takeAll: () => {
      if (used === 0) return undefined;
      const taken = { words: buffer, used };
      buffer = spares.pop() ?? new Uint32Array(INITIAL);
      used = 0;
      return taken;
    },
    giveBack: (words) => {
      if (spares.length < SPARES && words.length <= LARGEST_SPARE) spares.push(words);
    },
  };
};

/** Calls back for each event with the index of its first word, and its number. */
export const forEachEvent = (
  { words, used }: RawEvents,
  handle: (words: Uint32Array, at: number, number: number) => void,
): void => {
  for (let at = 0; at + HEAD <= used; at += HEAD + (words[at] ?? 0)) handle(words, at + HEAD, words[at + 1] ?? 0);
};
