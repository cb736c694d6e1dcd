// Walks that were made before: most stacks of a program are like one that was seen. Exact: a walk is only given again where
// all the numbers are the same that decided its way.
import { REGISTERS } from './dwarf-registers.ts';
import { numberAt } from './stack-copy.ts';
import type { Needs, UnwindInput, Unwound } from './unwind.ts';

const MAX_PLACES = 4096;
const MAX_WALKS_A_PLACE = 16;

export type Walked = {
  readonly find: (input: UnwindInput) => Unwound | undefined;
  readonly keep: (input: UnwindInput, walk: Unwound) => void;
};

const holds = (needs: Needs, { registers, stack }: UnwindInput): boolean => {
  for (let i = 0; i < needs.length; i += 2) {
    const origin = needs[i] ?? Number.NaN;
    const value = origin < 0 ? registers[-1 - origin] : numberAt(stack, origin);
    if (value !== needs[i + 1]) return false;
  }
  return true;
};

/** Remembers the walks of one process, as long as its code stays where it is. */
export const createWalked = (): Walked => {
  const places = new Map<string, Unwound[]>();
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
      if (places.size >= MAX_PLACES) places.clear();
      const walks = places.get(place) ?? [];
      places.set(place, [walk, ...walks].slice(0, MAX_WALKS_A_PLACE));
    },
  };
};
