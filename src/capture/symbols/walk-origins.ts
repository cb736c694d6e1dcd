// While a stack is walked: where the numbers come from that decide the way, so that an equal stack need not be walked
// again. Must not know how a step is made.
import type { CallerFrame } from './caller-frame.ts';
import { type Architecture, REGISTERS } from './dwarf-registers.ts';
import type { FrameRow } from './frame-row.ts';

export type Origins = {
  /** A frame is left by this row; `registers` are those in it. */
  readonly step: (row: FrameRow, registers: ArrayLike<number>) => void;
  /** The way depends on something that is not followed. */
  readonly guess: () => void;
  /** The frame of the caller was found, and where it returns to. */
  readonly arrive: (frame: CallerFrame, to: number) => void;
  /** Pairs of origin and number, as `Needs` of unwind.ts says; undefined where not all is known. */
  readonly needs: () => readonly number[] | undefined;
};

/** The origin of a register that has not been saved since the start. */
const atStart = (register: number): number => -1 - register;

export const createOrigins = (architecture: Architecture): Origins => {
  const { sp, kept } = REGISTERS[architecture];
  /** Of registers that a frame saved: where. */
  let saved = new Map<number, number>();
  const needs: number[] = [];
  let isKnown = true;
  let row: FrameRow | undefined;

  const originOf = (register: number): number =>
    saved.get(register) ?? (kept.some((each) => each === register) ? atStart(register) : Number.NaN);

  return {
    step: (left, registers) => {
      row = left;
      const { cfa } = left;
      if (cfa.kind !== 'register' || left.isSignal) {
        isKnown = false;
      } else if (cfa.register !== sp) {
        const origin = originOf(cfa.register);
        if (Number.isNaN(origin)) isKnown = false;
        else needs.push(origin, registers[cfa.register] ?? Number.NaN);
      }
    },
    guess: () => {
      isKnown = false;
    },
    arrive: ({ cfa, returnAt }, to) => {
      if (!isKnown || row === undefined) return;
      if (Number.isNaN(returnAt)) isKnown = false;
      else needs.push(returnAt, to);
      const next = new Map(saved);
      for (const [register, rule] of row.rules) {
        if (register === row.returnRegister || rule.kind === 'same') continue;
        next.set(register, rule.kind === 'offset' ? cfa + rule.offset : Number.NaN);
      }
      saved = next;
    },
    needs: () => (isKnown ? needs : undefined),
  };
};
