// May a probe be placed behind this x86-64 instruction as well as before it? Only where neither arguments, the stack pointer,
// memory nor the way of the program can have changed: it reads what it likes and writes flags, vector registers, or a register in
// which the calling convention passes nothing and which a function need not keep. Says no to all it does not know.
// Source: System V ABI for x86-64, figure 3.4 (register usage).

import type { X64Instruction } from './x64-instruction.ts';

/** rax, r10 and r11: no argument of a function, and not its caller's either. */
const FREE: ReadonlySet<number> = new Set([0, 10, 11]);
const CMP = 7;
const TEST = 2;
const REX_R = 4;
const REX_B = 1;

const group = ({ modrm }: X64Instruction): number => (modrm >> 3) & 7;
const isDirect = ({ modrm }: X64Instruction): boolean => modrm >> 6 === 3;

/** Without a REX prefix, 4 to 7 are the second bytes of the first four registers. */
const isFree = (one: X64Instruction, register: number, isByte: boolean): boolean =>
  isByte && !one.hasRex && register >= 4 ? false : FREE.has(register);

const writesSecond = (one: X64Instruction, isByte: boolean): boolean =>
  isFree(one, group(one) + ((one.rex & REX_R) !== 0 ? 8 : 0), isByte);

const writesFirst = (one: X64Instruction, isByte: boolean): boolean =>
  isDirect(one) && isFree(one, (one.modrm & 7) + ((one.rex & REX_B) !== 0 ? 8 : 0), isByte);

const inOpcode = (one: X64Instruction): number => (one.opcode & 7) + ((one.rex & REX_B) !== 0 ? 8 : 0);

/** The eight plain operations at 00, 08, ... 38, each in six forms; the last, cmp, writes flags only. */
const isHarmlessOperation = (one: X64Instruction): boolean => {
  const form = one.opcode & 7;
  if (one.opcode >> 3 === CMP || form >= 4) return form < 6;
  return form < 2 ? writesFirst(one, form === 0) : writesSecond(one, form === 2);
};

const isHarmlessOneByte = (one: X64Instruction): boolean => {
  const { opcode } = one;
  const isByte = (opcode & 1) === 0;
  if (one.repeat !== 0) return false;
  if (opcode < 0x40) return isHarmlessOperation(one);
  if (opcode >= 0xb0 && opcode <= 0xbf) return isFree(one, inOpcode(one), opcode < 0xb8);
  switch (opcode) {
    case 0x63: // movsxd
    case 0x69: // imul
    case 0x6b:
    case 0x8b: // mov
    case 0x8d: // lea
      return writesSecond(one, false);
    case 0x8a:
      return writesSecond(one, true);
    case 0x80: // operations with a constant
    case 0x81:
    case 0x83:
      return group(one) === CMP || writesFirst(one, isByte);
    case 0x84: // test
    case 0x85:
    case 0xa8:
    case 0xa9:
    case 0x98: // cwde, cdqe
      return true;
    case 0x88: // mov
    case 0x89:
    case 0xc6:
    case 0xc7:
    case 0xc0: // shifts
    case 0xc1:
    case 0xd0:
    case 0xd1:
      return writesFirst(one, isByte);
    case 0x90:
      return (one.rex & REX_B) === 0; // with it: xchg with r8
    case 0xf6: // test, not, neg
    case 0xf7:
      return group(one) < TEST || (group(one) < 4 && writesFirst(one, isByte));
    default:
      return false;
  }
};

const isHarmlessTwoByte = (one: X64Instruction): boolean => {
  const { opcode } = one;
  if (opcode === 0x1e) return isEndbr64(one);
  if (opcode === 0x1f) return group(one) === 0 && one.repeat === 0; // nop
  if (opcode === 0x28 || opcode === 0x57 || opcode === 0x6e || opcode === 0x6f || opcode === 0xef) return true;
  if (opcode === 0x10) return true; // load of a vector register; 11 would store one
  if (one.repeat !== 0) return false;
  if (opcode >= 0x40 && opcode <= 0x4f) return writesSecond(one, false); // cmov
  if (opcode >= 0x90 && opcode <= 0x9f) return writesFirst(one, true); // set
  return [0xaf, 0xb6, 0xb7, 0xbe, 0xbf].includes(opcode) && writesSecond(one, false); // imul, movzx, movsx
};

/** endbr64: where indirect jumps may land. */
export const isEndbr64 = (one: X64Instruction): boolean =>
  one.map === 1 && one.opcode === 0x1e && one.modrm === 0xfa && one.repeat === 0xf3;

/** Whether a probe may as well sit behind it. */
export const isHarmless = (one: X64Instruction): boolean => {
  if (one.isVector || one.hasOddPrefix) return false;
  return one.map === 0 ? isHarmlessOneByte(one) : one.map === 1 && isHarmlessTwoByte(one);
};

/** How an instruction may leave the straight line: `jump` tells where a relative one leads. */
export type Way = 'on' | 'jump' | 'call' | 'return' | 'indirect';

/** Which way the program goes from it. */
export const wayOf = (one: X64Instruction): Way => {
  if (one.jump !== undefined) return one.opcode === 0xe8 && one.map === 0 ? 'call' : 'jump';
  if (one.map !== 0 || one.isVector) return 'on';
  if (one.opcode === 0xc3 || one.opcode === 0xc2) return 'return';
  if (one.opcode !== 0xff) return 'on';
  return group(one) === 4 || group(one) === 5 ? 'indirect' : 'on';
};

/** An indirect jump through a word at a fixed place, as calls of other libraries are: it leads out of the function. */
export const isThroughFixedWord = ({ modrm }: X64Instruction): boolean => modrm >> 6 === 0 && (modrm & 7) === 5;
