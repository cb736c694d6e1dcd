// Where in an arm64 function a probe could sit, and which of its instructions jump where. Instructions are words of four bytes.
// Source: Arm Architecture Reference Manual for A-profile, C4 (encodings), and AAPCS64, 6.1.1 (register usage).

import type { Candidate, NopKinds, ProbePrice } from './prices.ts';

/** Words of a function that are looked at for a place. */
const LOOK = 16;

type Encoding = readonly [mask: number, value: number];
const is = (word: number, [mask, value]: Encoding): boolean => (word & mask) >>> 0 === value;

/** Instructions that the kernel itself does. */
const SIMULATED: readonly Encoding[] = [
  [0x7c000000, 0x14000000], // b, bl
  [0xff000010, 0x54000000], // b.cond
  [0x7e000000, 0x34000000], // cbz, cbnz
  [0x7e000000, 0x36000000], // tbz, tbnz
  [0x1f000000, 0x10000000], // adr, adrp
  [0xff9ffc1f, 0xd61f0000], // br, blr, ret
];
const NOP = 0xd503201f;
/** Marks where indirect jumps may land. */
const BTI: Encoding = [0xffffff3f, 0xd503241f];

/** Those that write one register, named in their lowest bits, and nothing else; they may set flags and read what they like. */
const WRITES_ONE: readonly Encoding[] = [
  [0x1f000000, 0x10000000], // adr, adrp
  [0x1f800000, 0x11000000], // add, sub, adds, subs with a constant
  [0x1f800000, 0x12800000], // movn, movz, movk
  [0x1f800000, 0x12000000], // and, orr, eor, ands with a constant
  [0x1f000000, 0x0a000000], // the same with a register: mov between registers too
  [0x1f200000, 0x0b000000], // add, sub, adds, subs with a register
  [0xbfc00000, 0xb9400000], // ldr
  [0xffc00000, 0x39400000], // ldrb
  [0xffc00000, 0x79400000], // ldrh
  [0xffffffe0, 0xd53bd040], // mrs of the thread pointer
];
/** adds, subs and ands to no register: cmn, cmp, tst. Elsewhere 31 is the stack pointer. */
const ONLY_FLAGS: readonly Encoding[] = [
  [0x3f80001f, 0x3100001f],
  [0x7f80001f, 0x7200001f],
  [0x7f00001f, 0x6a00001f],
  [0x3f20001f, 0x2b00001f],
];
/** x9 to x17: no argument, not where a result goes, and not the caller's. */
const isFree = (word: number): boolean => (word & 31) >= 9 && (word & 31) <= 17;

const isHarmless = (word: number): boolean =>
  word === NOP ||
  is(word, BTI) ||
  ONLY_FLAGS.some((each) => is(word, each)) ||
  (isFree(word) && WRITES_ONE.some((each) => is(word, each)));

const priceOf = (word: number, nops: NopKinds): ProbePrice => {
  if (word === NOP) return nops.arm64 ? 'nop' : 'single_step';
  return SIMULATED.some((each) => is(word, each)) ? 'branch' : 'single_step';
};

/**
 * All places up to the first instruction that may change an argument, the stack pointer, memory, the link register or the
 * program's way, that one included. Never behind `paciasp`: the link register is signed there, and a return probe, which replaces
 * it, would make the program's own check fail.
 */
export const candidatesArm64 = (code: Buffer, nops: NopKinds): readonly Candidate[] => {
  const found: Candidate[] = [];
  for (let at = 0; at + 4 <= code.length && at < LOOK * 4; at += 4) {
    const word = code.readUInt32LE(at);
    found.push({ offset: at, price: priceOf(word, nops) });
    if (!isHarmless(word)) break;
  }
  return found.length > 0 ? found : [{ offset: 0, price: 'single_step' }];
};

/** A number of `bits` bits from bit `from` on, with its sign, in words. */
const field = (word: number, from: number, bits: number): number => (word << (32 - from - bits)) >> (32 - bits);

/** Calls `found` with each address that a relative jump or call in `code` leads to; `address` is where the first byte lies. */
export const visitJumpsArm64 = (code: Buffer, address: number, found: (target: number) => void): void => {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = code.readUInt32LE(at);
    if ((word & 0x7c000000) === 0x14000000) found(address + at + field(word, 0, 26) * 4);
    else if ((word & 0xff000010) >>> 0 === 0x54000000 || (word & 0x7e000000) === 0x34000000)
      found(address + at + field(word, 5, 19) * 4);
    else if ((word & 0x7e000000) === 0x36000000) found(address + at + field(word, 5, 14) * 4);
  }
};

/** Whether a function has a jump that leads who knows where, but for those through x16 and x17, by which linkers leave. */
export const jumpsBlindlyArm64 = (code: Buffer): boolean => {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = code.readUInt32LE(at);
    const register = (word >> 5) & 31;
    if ((word & 0xfffffc1f) >>> 0 === 0xd61f0000 && register !== 16 && register !== 17) return true;
  }
  return false;
};
