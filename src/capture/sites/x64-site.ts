// Where in an x86-64 function a probe could sit, and what its own jumps say about that. Works on bytes alone.

import type { Candidate, NopKinds, ProbePrice } from './prices.ts';
import { isEndbr64, isHarmless, isThroughFixedWord, wayOf } from './x64-effect.ts';
import { decodeX64, type X64Instruction } from './x64-instruction.ts';

/** Bytes of a function that are looked at for a place. */
const LOOK = 64;
const PAGE = 4096;
/** The nops of up to 8 bytes that Linux itself writes (arch/x86/include/asm/nops.h). */
const USUAL_NOPS = [
  '90',
  '6690',
  '0f1f00',
  '0f1f4000',
  '0f1f440000',
  '660f1f440000',
  '0f1f8000000000',
  '0f1f840000000000',
];
const usualNops: ReadonlySet<string> = new Set(USUAL_NOPS);

const isLongNop = ({ map, opcode, modrm, repeat }: X64Instruction): boolean =>
  map === 1 && opcode === 0x1f && ((modrm >> 3) & 7) === 0 && repeat === 0;

const isShortNop = ({ map, opcode, rex }: X64Instruction): boolean => map === 0 && opcode === 0x90 && (rex & 1) === 0;

const isNop = (one: X64Instruction, bytes: string, { x64, x64AnyForm }: NopKinds): boolean => {
  if (isShortNop(one)) return !x64AnyForm || one.repeat === 0;
  return isLongNop(one) && (x64AnyForm || (x64 && usualNops.has(bytes)));
};

const isPush = ({ map, opcode, length, rex }: X64Instruction): boolean =>
  map === 0 && opcode >= 0x50 && opcode <= 0x57 && (length === 1 || (length === 2 && rex === 1));

/** Of the short jumps, the four that count or test rcx are not among those that the kernel does. */
const isBranch = ({ map, opcode, jump, is16 }: X64Instruction): boolean =>
  jump !== undefined && !is16 && !(map === 0 && opcode >= 0xe0 && opcode <= 0xe3);

/** `place` is where the instruction lies in its page. */
const priceOf = (one: X64Instruction, bytes: string, place: number, nops: NopKinds): ProbePrice => {
  if (one.isVector || one.hasOddPrefix) return 'single_step';
  if (isNop(one, bytes, nops)) {
    // The kernel writes all five bytes at once, so they may not cross a page.
    const isOptimised = nops.x64 && one.length === 5 && (place % PAGE) + 5 <= PAGE;
    return isOptimised ? 'nop5' : 'nop';
  }
  if (isPush(one)) return 'push';
  return isBranch(one) ? 'branch' : 'single_step';
};

/**
 * All places from the first instruction to the first one that may change an argument, the stack pointer, memory or the
 * program's way: that one included, since a probe comes before the instruction it sits on. A return probe swaps the word at the
 * stack pointer, so behind a push there is no place for it. `pageOffset` is where the function begins in its page.
 */
export const candidatesX64 = (code: Buffer, pageOffset: number, nops: NopKinds): readonly Candidate[] => {
  const found: Candidate[] = [];
  for (let at = 0; at < LOOK; ) {
    const one = decodeX64(code, at);
    // An instruction that the kernel would refuse can be probed only because there is no other.
    if (one === undefined || (one.hasOddPrefix && at > 0)) break;
    const bytes = code.toString('hex', at, at + one.length);
    found.push({ offset: at, price: priceOf(one, bytes, pageOffset + at, nops) });
    if (!isHarmless(one)) break;
    at += one.length;
  }
  return found.length > 0 ? found : [{ offset: 0, price: 'single_step' }];
};

/**
 * Is the place right behind an `endbr64` and such that no jump of any compiler leads there? A push in a loop would eat the stack;
 * a nop or a jump at the head of a loop is left out by every compiler. A call or a conditional jump could be such a head.
 */
export const isPlainX64 = (code: Buffer, offset: number): boolean => {
  const first = decodeX64(code, 0);
  if (first === undefined || !isEndbr64(first) || offset !== first.length) return false;
  const one = decodeX64(code, offset);
  if (one === undefined) return false;
  return (
    isPush(one) || isShortNop(one) || isLongNop(one) || (one.map === 0 && (one.opcode === 0xe9 || one.opcode === 0xeb))
  );
};

/**
 * Where the relative jumps of a whole function lead, as offsets in it (also beyond its ends). Undefined where not all of its
 * bytes are known instructions, or where a jump leads who knows where: a table of a switch, most often.
 */
export const jumpTargetsX64 = (code: Buffer): ReadonlySet<number> | undefined => {
  const targets = new Set<number>();
  for (let at = 0; at < code.length; ) {
    const one = decodeX64(code, at);
    if (one === undefined) return undefined;
    at += one.length;
    if (one.jump !== undefined) targets.add(at + one.jump);
    else if (wayOf(one) === 'indirect' && !isThroughFixedWord(one)) return undefined;
  }
  return targets;
};
