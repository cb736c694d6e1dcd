// Runs the little programs of the unwind tables (call frame instructions) up to one address, which yields its row.
// Must not know where the programs come from. Instructions: DWARF 5, 6.4.2; DW_CFA_GNU_*: LSB Core 5.0, 10.6.1.1 "DWARF
// CFI Extensions"; DW_CFA_AARCH64_*: "DWARF for the Arm 64-bit Architecture", 4.4.

import type { ByteCursor, PointerBases } from './byte-cursor.ts';
import type { CfaRule, FrameRow, RegisterRule } from './frame-row.ts';

/** What the common part (CIE) of the tables says, for the programs of all functions that refer to it. */
export type CommonFrame = {
  codeFactor: number;
  dataFactor: number;
  returnRegister: number;
  isSignal: boolean;
  /** How addresses in the function's part and in DW_CFA_set_loc are written. */
  encoding: number;
  hasAugmentationData: boolean;
  /** The instructions that come before every function's own. */
  program: () => ByteCursor;
};

const MAX_REMEMBERED = 32;
const MAX_REGISTER = 1024;
const MAX_RULES = 128;
/** What one row may take: long functions of compilers have a few thousand, and a file may be made to cost time. */
const MAX_INSTRUCTIONS = 10_000;

type State = { cfa: CfaRule | undefined; rules: Map<number, RegisterRule> };

/**
 * The row that holds at `address`, for a function that starts at `start`; undefined where the tables give no way to find
 * the frame. Throws what `fail` makes for instructions that are unknown or make no sense.
 */
export const runCallFrame = (
  common: CommonFrame,
  program: ByteCursor,
  {
    start,
    address,
    bases,
    fail,
  }: { start: number; address: number; bases: PointerBases; fail: (why: string) => Error },
): FrameRow | undefined => {
  let state: State = { cfa: undefined, rules: new Map() };
  let initial: ReadonlyMap<number, RegisterRule> = new Map();
  const remembered: State[] = [];
  let location = start;
  let left = MAX_INSTRUCTIONS;

  const set = (register: number, rule: RegisterRule): void => {
    if (!(register <= MAX_REGISTER) || state.rules.size > MAX_RULES) throw fail(`its unwind tables name r${register}`);
    state.rules.set(register, rule);
  };
  const restore = (register: number): void => {
    const rule = initial.get(register);
    if (rule) state.rules.set(register, rule);
    else state.rules.delete(register);
  };
  const changeCfa = (change: { register: number } | { offset: number }): void => {
    if (state.cfa?.kind !== 'register') throw fail('its unwind tables move a frame that has no register');
    state.cfa = { ...state.cfa, ...change };
  };
  const remember = (): void => {
    if (remembered.length >= MAX_REMEMBERED) throw fail('its unwind tables remember too much');
    remembered.push({ cfa: state.cfa, rules: new Map(state.rules) });
  };
  const restoreState = (): void => {
    const back = remembered.pop();
    if (!back) throw fail('its unwind tables restore what was not remembered');
    state = back;
  };
  const factored = (value: number): number => value * common.dataFactor;
  const advance = (delta: number): void => {
    location += delta * common.codeFactor;
  };
  const defineCfa = (cfa: CfaRule): void => {
    state.cfa = cfa;
  };

  /** Runs until the end, or until the next row starts after `address`. */
  const run = (code: ByteCursor): void => {
    const [unsigned, signed] = [code.unsigned, code.signed];
    const block = (): Buffer => code.take(unsigned());
    // Arguments are read in the order in which they are written here.
    const extended: Readonly<Record<number, () => void>> = {
      0: () => {}, // nop
      1: () => {
        location = code.pointer(common.encoding, bases); // set_loc
      },
      2: () => advance(code.u8()), // advance_loc1
      3: () => advance(code.u16()), // advance_loc2
      4: () => advance(code.u32()), // advance_loc4
      5: () => set(unsigned(), { kind: 'offset', offset: factored(unsigned()) }), // offset_extended
      6: () => restore(unsigned()), // restore_extended
      7: () => set(unsigned(), { kind: 'undefined' }), // undefined
      8: () => set(unsigned(), { kind: 'same' }), // same_value
      9: () => set(unsigned(), { kind: 'register', register: unsigned() }), // register
      10: () => remember(), // remember_state
      11: () => restoreState(), // restore_state
      12: () => defineCfa({ kind: 'register', register: unsigned(), offset: unsigned() }), // def_cfa
      13: () => changeCfa({ register: unsigned() }), // def_cfa_register
      14: () => changeCfa({ offset: unsigned() }), // def_cfa_offset
      15: () => defineCfa({ kind: 'expression', code: block() }), // def_cfa_expression
      16: () => set(unsigned(), { kind: 'expression', code: block() }), // expression
      17: () => set(unsigned(), { kind: 'offset', offset: factored(signed()) }), // offset_extended_sf
      18: () => defineCfa({ kind: 'register', register: unsigned(), offset: factored(signed()) }), // def_cfa_sf
      19: () => changeCfa({ offset: factored(signed()) }), // def_cfa_offset_sf
      20: () => set(unsigned(), { kind: 'value_offset', offset: factored(unsigned()) }), // val_offset
      21: () => set(unsigned(), { kind: 'value_offset', offset: factored(signed()) }), // val_offset_sf
      22: () => set(unsigned(), { kind: 'value_expression', code: block() }), // val_expression
      // AARCH64_negate_ra_state(_with_pc): signatures are stripped from every return address anyway.
      44: () => {},
      45: () => {},
      46: () => void unsigned(), // GNU_args_size: of use only where an exception is caught
      47: () => set(unsigned(), { kind: 'offset', offset: -factored(unsigned()) }), // GNU_negative_offset_extended
    };
    while (code.at < code.end) {
      if (left-- === 0) throw fail('its unwind tables are too long');
      const byte = code.u8();
      const low = byte & 0x3f;
      const kind = byte >> 6;
      if (kind === 1)
        advance(low); // advance_loc
      else if (kind === 2)
        set(low, { kind: 'offset', offset: factored(unsigned()) }); // offset
      else if (kind === 3)
        restore(low); // restore
      else {
        const instruction = extended[low];
        if (!instruction) throw fail(`its unwind tables use instruction 0x${low.toString(16)}`);
        instruction();
      }
      if (!(location <= address)) return;
    }
  };

  run(common.program());
  initial = new Map(state.rules);
  run(program);
  const { cfa, rules } = state;
  return cfa && { cfa, rules, returnRegister: common.returnRegister, isSignal: common.isSignal };
};
