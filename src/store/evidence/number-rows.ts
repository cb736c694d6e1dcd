// Rows of numbers as words to be hashed, cheap enough for every row that a recorder writes. Knows values, not tables.
import { sha256 } from './chain.ts';

/** Rows that are hashed together: where a hash differs, so many rows are in question. */
export const CHUNK_ROWS = 256;

// For each 16 values of a row: a header with 2 bits a value, those of the last lowest, then the values themselves. 0 is null,
// 1 a whole number below 2^32 in one word, 2 any other number as the two words of a double, 3 what no recorder writes.
const VALUES_A_HEADER = 16;

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** A value of a row; `undefined` for one that no recorder writes, which makes the row unlike any that was sealed. */
export type NumberValue = number | null | undefined;

/** Puts up to 16 values with their header at `at` and returns where the next go. */
const put = (words: Uint32Array, at: number, values: readonly NumberValue[], from: number, to: number): number => {
  let header = 0;
  let next = at + 1;
  for (let i = from; i < to; i++) {
    const value = values[i];
    header <<= 2;
    if (typeof value === 'number') {
      const word = value >>> 0;
      if (word === value) {
        words[next++] = word;
        header |= 1;
      } else {
        double[0] = value;
        words[next] = halves[0] ?? 0;
        words[next + 1] = halves[1] ?? 0;
        next += 2;
        header |= 2;
      }
    } else if (value === undefined) header |= 3;
  }
  words[at] = header;
  return next;
};

/** Rows of one table on their way to their hashes. */
export type NumberRows = {
  /** Adds `count` rows whose values stand one after the other. */
  readonly add: (values: readonly NumberValue[], count: number) => void;
  /** Hashes what is left as a chunk of its own and returns the hashes, in hex, of all chunks since the last call. */
  readonly finish: () => readonly string[];
};

/** Collects rows of `columns` values, and hashes each `CHUNK_ROWS` of them: SHA-256 over their words, lowest byte first. */
export const createNumberRows = (columns: number): NumberRows => {
  const words = new Uint32Array(CHUNK_ROWS * (2 * columns + Math.ceil(columns / VALUES_A_HEADER)));
  const bytes = new Uint8Array(words.buffer);
  let hashes: string[] = [];
  let rows = 0;
  let end = 0;
  const hashChunk = (): void => {
    hashes.push(sha256(bytes.subarray(0, end * 4)).toString('hex'));
    rows = 0;
    end = 0;
  };
  return {
    add: (values, count) => {
      let at = end;
      for (let row = 0; row < count; row++) {
        const to = (row + 1) * columns;
        for (let from = row * columns; from < to; from += VALUES_A_HEADER)
          at = put(words, at, values, from, Math.min(to, from + VALUES_A_HEADER));
        if (++rows < CHUNK_ROWS) continue;
        end = at;
        hashChunk();
        at = 0;
      }
      end = at;
    },
    finish: () => {
      if (rows > 0) hashChunk();
      const done = hashes;
      hashes = [];
      return done;
    },
  };
};
