// The registers of a processor as unwind tables number them, and which of them a called function leaves as they were.
// Must not know of stacks. Sources: System V psABI x86-64 1.0, 3.2.1 and figure 3.36; "DWARF for the Arm 64-bit
// Architecture", 4.1; "Procedure Call Standard for the Arm 64-bit Architecture", 6.1.1. `pc` of arm64 has no number that
// tables use: it is put after the last one.

export type Architecture = 'x64' | 'arm64';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** `kept`: what a call leaves unchanged besides the stack pointer. `sent`: the numbers in the order of a stack_memory event. */
export const REGISTERS = {
  x64: { sp: 7, fp: 6, pc: 16, count: 17, kept: [3, 6, 12, 13, 14, 15], sent: range(0, 16) },
  arm64: { sp: 31, fp: 29, pc: 32, count: 33, kept: range(19, 29), sent: [...range(19, 30), 31, 32] },
} as const satisfies Record<
  Architecture,
  { sp: number; fp: number; pc: number; count: number; kept: readonly number[]; sent: readonly number[] }
>;

/** The link register of arm64: the return address may carry a signature in its upper bits. */
const ARM64_LINK = 30;
/** Bits 32 to 47: addresses of user space without signature and tag (Linux, arm64/pointer-authentication.rst). */
const ADDRESS_HIGH = 0xffff;

/**
 * The registers of a stack_memory event as numbers: NaN where not sent, or beyond 2^53, where no user address is. `words`
 * has two 32-bit words a register, the low one first.
 */
export const startRegisters = (architecture: Architecture, words: ArrayLike<number>): Float64Array => {
  const { count, sent } = REGISTERS[architecture];
  const registers = new Float64Array(count).fill(Number.NaN);
  for (const [i, register] of sent.entries()) {
    const low = words[i * 2] ?? Number.NaN;
    const high = words[i * 2 + 1] ?? Number.NaN;
    const isLink = architecture === 'arm64' && register === ARM64_LINK;
    const value = (isLink ? high & ADDRESS_HIGH : high) * 2 ** 32 + low;
    registers[register] = Number.isSafeInteger(value) ? value : Number.NaN;
  }
  return registers;
};

/** An address without the signature that arm64 may keep in it. */
export const plainReturn = (architecture: Architecture, low: number, high: number): number =>
  (architecture === 'arm64' ? high & ADDRESS_HIGH : high) * 2 ** 32 + low;
