// Walks that were made before: most stacks of a program are like one that was seen. Exact: a walk is only given again where
// all the numbers are the same that decided its way.
import { REGISTERS } from './dwarf-registers.ts';
import { numberAt } from './stack-copy.ts';
import type { Needs, UnwindInput, Unwound } from './unwind.ts';

const MAX_PLACES = 4096;
const MAX_WALKS_A_PLACE = 16;
/** A walk without its numbers, and its place. */
const WALK_BYTES = 300;

export type Walked = {
  readonly find: (input: UnwindInput) => Unwound | undefined;
  readonly keep: (input: UnwindInput, walk: Unwound) => void;
  readonly clear: () => void;
  /** About what it takes. */
  readonly memoryBytes: () => number;
};

const holds = (needs: Needs, { registers, stack }: UnwindInput): boolean => {
  for (let i = 0; i < needs.length; i += 2) {
    const origin = needs[i] ?? Number.NaN;
    const value = origin < 0 ? registers[-1 - origin] : numberAt(stack, origin);
    if (value !== needs[i + 1]) return false;
  }
  return true;
};

const bytesOf = ({ addresses, exact, needs }: Unwound): number =>
  WALK_BYTES + (addresses.length + exact.length + (needs?.length ?? 0)) * 8;

/** Remembers the walks of one process, as long as its code stays where it is. */
export const createWalked = (): Walked => {
  const places = new Map<string, Unwound[]>();
  let bytes = 0;
  const clear = (): void => {
    places.clear();
    bytes = 0;
  };
  const placeOf = ({ architecture, registers }: UnwindInput): string => {
    const { pc, sp } = REGISTERS[architecture];
    return `${registers[pc]} ${registers[sp]}`;
  };
  return {
    find: (input) => {
      const walks = places.get(placeOf(input));
      return walks?.find(({ needs }) => needs !== undefined && holds(needs, input));
    },
    keep: (input, walk) => {
      if (walk.needs === undefined) return;
      const place = placeOf(input);
      if (places.size >= MAX_PLACES) clear();
      const walks = places.get(place) ?? [];
      const dropped = walks[MAX_WALKS_A_PLACE - 1];
      bytes += bytesOf(walk) - (dropped ? bytesOf(dropped) : 0);
      places.set(place, [walk, ...walks].slice(0, MAX_WALKS_A_PLACE));
    },
    clear,
    memoryBytes: () => bytes,
  };
};
