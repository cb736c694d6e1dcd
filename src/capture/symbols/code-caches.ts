// What was found out about the code of processes, kept while it is among the most recently used: names by addresses, and
// walks. One limit for all of it. Must not know how a name is found, nor of files.
import { createWalked, type Walked } from './walked.ts';

/** Of one snapshot of code, which processes may share. */
export type CodeCache<Name> = {
  readonly nameAt: (address: number) => Name | undefined;
  readonly keepName: (address: number, name: Name) => void;
  readonly walked: Walked;
};

export type CodeCaches<Name> = {
  /** What is kept of this code: the object itself counts, not what is in it. */
  readonly of: (code: object) => CodeCache<Name>;
  readonly forget: (code: object) => void;
  /** Of how much code something is kept, and about how much that is. */
  readonly held: () => { readonly codes: number; readonly bytes: number };
};

type Held<Name> = { readonly names: Map<number, Name>; readonly walked: Walked; readonly cache: CodeCache<Name> };

/** A name with its place in the map; its texts are mostly shared. Measured with process.memoryUsage. */
const NAME_BYTES = 250;
/** How many additions lie between two looks at how much it has become. */
const CHECK = 512;

/** Keeps something of at most `maxCodes`, and about `maxBytes` of all. */
export const createCodeCaches = <Name>({ maxCodes = 64, maxBytes = 64 * 1024 * 1024 } = {}): CodeCaches<Name> => {
  const codes = new Map<object, Held<Name>>();
  let last: object | undefined;
  let added = 0;

  const bytesOf = ({ names, walked }: Held<Name>): number => names.size * NAME_BYTES + walked.memoryBytes();
  const bytes = (): number => codes.values().reduce((sum, held) => sum + bytesOf(held), 0);

  const shrink = (): void => {
    let left = bytes();
    for (const [code, held] of codes) {
      if (codes.size <= maxCodes && left <= maxBytes) return;
      left -= bytesOf(held);
      if (code !== last) {
        codes.delete(code);
        continue;
      }
      held.names.clear();
      held.walked.clear();
    }
  };
  const grew = (): void => {
    if (++added % CHECK === 0) shrink();
  };

  const create = (): Held<Name> => {
    const names = new Map<number, Name>();
    const walked = createWalked();
    const cache: CodeCache<Name> = {
      nameAt: (address) => names.get(address),
      keepName: (address, name) => {
        names.set(address, name);
        grew();
      },
      walked: {
        ...walked,
        keep: (input, walk) => {
          walked.keep(input, walk);
          grew();
        },
      },
    };
    return { names, walked, cache };
  };

  return {
    of: (code) => {
      const known = codes.get(code);
      if (known && last === code) return known.cache;
      const held = known ?? create();
      // A Map keeps the order of insertion: what was used last goes to the end.
      codes.delete(code);
      codes.set(code, held);
      last = code;
      if (codes.size > maxCodes) shrink();
      return held.cache;
    },
    forget: (code) => {
      codes.delete(code);
    },
    held: () => ({ codes: codes.size, bytes: bytes() }),
  };
};
