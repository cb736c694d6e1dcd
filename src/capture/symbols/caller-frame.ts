// One step up the stack by a row of the unwind tables: the caller's registers from the callee's.
// Must not know where rows come from, nor whether the result makes sense.
// What rules mean: DWARF 5, 6.4.1 and 6.4.4.

import { type ExpressionInput, evaluateExpression } from './dwarf-expression.ts';
import { type Architecture, plainReturn, REGISTERS } from './dwarf-registers.ts';
import type { CfaRule, FrameRow, RegisterRule } from './frame-row.ts';
import { holds, numberAt, pairAt, type StackCopy, wordAt } from './stack-copy.ts';

/** NaN is "unknown" in all of them. `returnAt`: where the return address was read from memory. */
export type CallerFrame = { registers: readonly number[]; cfa: number; returnAddress: number; returnAt: number };

/** A plain array: making one is much cheaper than a typed one. */
const unknownRegisters = (count: number): number[] => new Array<number>(count).fill(Number.NaN);

type Callee = { architecture: Architecture; registers: readonly number[]; stack: StackCopy };

const numberOf = (value: bigint | undefined): number =>
  value === undefined || value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.NaN : Number(value);

const inputOf = ({ registers, stack }: Callee): ExpressionInput => ({
  register: (register) => {
    const value = registers[register] ?? Number.NaN;
    return Number.isNaN(value) ? undefined : BigInt(value);
  },
  memory: (address) => wordAt(stack, address),
});

const cfaOf = (callee: Callee, rule: CfaRule): number =>
  rule.kind === 'register'
    ? (callee.registers[rule.register] ?? Number.NaN) + rule.offset
    : numberOf(evaluateExpression(rule.code, inputOf(callee)));

/** Where the register was saved, NaN for one that was not saved in memory. */
const savedAt = (callee: Callee, rule: RegisterRule, cfa: number): number => {
  if (rule.kind === 'offset') return cfa + rule.offset;
  if (rule.kind !== 'expression') return Number.NaN;
  return numberOf(evaluateExpression(rule.code, inputOf(callee), [BigInt(cfa)]));
};

const valueInCaller = (callee: Callee, rule: RegisterRule, register: number, cfa: number): number => {
  switch (rule.kind) {
    case 'undefined':
      return Number.NaN;
    case 'same':
      return callee.registers[register] ?? Number.NaN;
    case 'offset':
    case 'expression':
      return numberAt(callee.stack, savedAt(callee, rule, cfa));
    case 'value_offset':
      return cfa + rule.offset;
    case 'register':
      return callee.registers[rule.register] ?? Number.NaN;
    case 'value_expression':
      return numberOf(evaluateExpression(rule.code, inputOf(callee), [BigInt(cfa)]));
  }
};

/** The frame of the caller. Unknown remains unknown: nothing is guessed. */
export const callerFrame = (callee: Callee, row: FrameRow): CallerFrame => {
  const { sp, kept, count } = REGISTERS[callee.architecture];
  const registers = unknownRegisters(count);
  const nothing = { registers, cfa: Number.NaN, returnAddress: Number.NaN, returnAt: Number.NaN };
  const cfa = cfaOf(callee, row.cfa);
  if (!Number.isSafeInteger(cfa) || cfa < 0) return nothing;
  for (const register of kept) registers[register] = callee.registers[register] ?? Number.NaN;
  registers[sp] = cfa;
  for (const [register, rule] of row.rules)
    if (register < count && register !== row.returnRegister)
      registers[register] = valueInCaller(callee, rule, register, cfa);

  const rule: RegisterRule = row.rules.get(row.returnRegister) ?? { kind: 'same' };
  const returnAt = savedAt(callee, rule, cfa);
  const pair = pairAt(callee.stack, returnAt);
  const returnAddress = pair
    ? plainReturn(callee.architecture, pair[0], pair[1])
    : valueInCaller(callee, rule, row.returnRegister, cfa);
  // After a signal the link register is what the interrupted code had in it; after a return it is used up.
  if (row.isSignal && row.returnRegister < count) {
    const own = row.rules.get(row.returnRegister);
    registers[row.returnRegister] = own ? returnAddress : Number.NaN;
  }
  return { registers, cfa, returnAddress, returnAt };
};

/** One step by the frame pointer: it points at the caller's frame pointer, which the return address follows. */
export const framePointerStep = (callee: Callee): CallerFrame | undefined => {
  const { sp, fp, count } = REGISTERS[callee.architecture];
  const frame = callee.registers[fp] ?? Number.NaN;
  const isPlausible = frame >= (callee.registers[sp] ?? Number.NaN) && frame % 8 === 0;
  if (!isPlausible || !holds(callee.stack, frame) || !holds(callee.stack, frame + 8)) return undefined;
  const registers = unknownRegisters(count);
  registers[fp] = numberAt(callee.stack, frame);
  registers[sp] = frame + 16;
  const [low, high] = pairAt(callee.stack, frame + 8) ?? [Number.NaN, Number.NaN];
  const returnAddress = plainReturn(callee.architecture, low, high);
  return { registers, cfa: frame + 16, returnAddress, returnAt: frame + 8 };
};
