// Takes one x86-64 instruction apart: where it ends, what it is encoded as, where it jumps to. Gives up on what it does not
// know for certain. Must not know why anybody asks.
// Source: Intel SDM volume 2, chapter 2 (prefixes, ModRM, SIB, displacement, VEX, EVEX).

import { shapeOf, vectorShapeOf } from './x64-shapes.ts';

/** A decoded instruction. */
export type X64Instruction = {
  /** Bytes, 1 to 15. */
  readonly length: number;
  /** 0 one byte, 1 after 0F, 2 after 0F 38, 3 after 0F 3A; 5 and 6 with EVEX only. */
  readonly map: number;
  readonly opcode: number;
  /** Operand byte, -1 where there is none. */
  readonly modrm: number;
  /** Low four bits of a REX prefix: W 8, R 4, X 2, B 1. 0 without one. */
  readonly rex: number;
  readonly hasRex: boolean;
  /** Prefix 66. */
  readonly is16: boolean;
  /** F2 or F3, 0 without. */
  readonly repeat: number;
  /** Prefixes F0, 2E, 36, 3E or 26: the kernel refuses a uprobe on most instructions that have one. */
  readonly hasOddPrefix: boolean;
  /** Encoded with VEX or EVEX. */
  readonly isVector: boolean;
  /** Of a relative jump or call: how far behind its end it leads, in bytes. */
  readonly jump: number | undefined;
};

const MOST_BYTES = 15;
const REX_W = 8;
const ODD_PREFIXES: ReadonlySet<number> = new Set([0xf0, 0x2e, 0x36, 0x3e, 0x26]);

/** Bytes of the operand byte and all that belongs to it; undefined where the code ends. */
const operandBytes = (code: Uint8Array, at: number): number | undefined => {
  const modrm = code[at];
  if (modrm === undefined) return undefined;
  const mode = modrm >> 6;
  const base = modrm & 7;
  if (mode === 3) return 1;
  const hasSib = base === 4;
  const sib = hasSib ? code[at + 1] : 0;
  if (sib === undefined) return undefined;
  const isFar = mode === 2 || (mode === 0 && (hasSib ? (sib & 7) === 5 : base === 5));
  return 1 + (hasSib ? 1 : 0) + (isFar ? 4 : mode === 1 ? 1 : 0);
};

const signed = (code: Uint8Array, at: number, bytes: number): number => {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8) | (code[at + i] ?? 0);
  const unused = 32 - bytes * 8;
  return (value << unused) >> unused;
};

type Head = {
  at: number;
  map: number;
  opcode: number;
  rex: number;
  hasRex: boolean;
  is16: boolean;
  isShortAddress: boolean;
  repeat: number;
  hasOddPrefix: boolean;
  isVector: boolean;
  shape: string;
};

/** The prefixes. False for an order of them that no compiler writes. */
const readPrefixes = (code: Uint8Array, head: Head): boolean => {
  for (;;) {
    const byte = code[head.at] ?? 0;
    const shape = shapeOf(0, byte);
    if (shape === 'r') {
      head.rex = byte & 15;
      head.hasRex = true;
      head.at++;
      const next = shapeOf(0, code[head.at] ?? 0);
      return next !== 'r' && next !== 'p';
    }
    if (shape !== 'p') return true;
    if (byte === 0x66) head.is16 = true;
    else if (byte === 0x67) head.isShortAddress = true;
    else if (byte === 0xf2 || byte === 0xf3) head.repeat = byte;
    else if (ODD_PREFIXES.has(byte)) head.hasOddPrefix = true;
    head.at++;
  }
};

/** VEX and EVEX: their own prefixes hold what REX, 66, F2 and F3 hold elsewhere, and may not stand beside those. */
const readVector = (code: Uint8Array, head: Head, first: number): void => {
  const second = code[head.at + 1] ?? 0;
  const extended = first === 0x62;
  const bytes = extended ? 4 : first === 0xc5 ? 2 : 3;
  head.isVector = true;
  head.map = first === 0xc5 ? 1 : extended ? second & 7 : second & 31;
  head.opcode = code[head.at + bytes] ?? 0;
  head.at += bytes + 1;
  const isKnown = !extended || ((second & 8) === 0 && ((code[head.at - 3] ?? 0) & 4) !== 0);
  const isAlone = !head.hasRex && !head.is16 && head.repeat === 0;
  head.shape = isKnown && isAlone ? vectorShapeOf(head.map, head.opcode, extended) : 'x';
};

const readOpcode = (code: Uint8Array, head: Head): void => {
  const first = code[head.at] ?? 0;
  head.opcode = first;
  head.shape = shapeOf(0, first);
  if (head.shape === 'v' || head.shape === 'V') {
    readVector(code, head, first);
    return;
  }
  head.at++;
  if (head.shape !== '0') return;
  head.map = 1;
  head.opcode = code[head.at++] ?? 0;
  head.shape = shapeOf(1, head.opcode);
  if (head.shape !== '3' && head.shape !== 'A') return;
  head.map = head.shape === '3' ? 2 : 3;
  head.opcode = code[head.at++] ?? 0;
  head.shape = shapeOf(head.map, head.opcode);
};

/** Bytes after the opcode and its operands; undefined for what is not known. */
const immediateBytes = (head: Head, modrm: number): number | undefined => {
  const { shape, is16, rex, isShortAddress } = head;
  const isWide = (rex & REX_W) !== 0;
  const byOperand = is16 && !isWide ? 2 : 4;
  const group = (modrm >> 3) & 7;
  switch (shape) {
    case '.':
    case 'm':
      return 0;
    case 'b':
    case 'M':
    case 's':
      return 1;
    case 'w':
      return 2;
    case 'e':
      return 3;
    case 'z':
    case 'Z':
      return byOperand;
    case 'q':
      return isWide ? 8 : byOperand;
    case 'o':
      return isShortAddress ? 4 : 8;
    case 'j':
      // With 66 and without REX.W, Intel and AMD differ in what they read.
      return is16 && !isWide ? undefined : 4;
    case 'g':
      return group < 2 ? 1 : 0;
    case 'G':
      return group < 2 ? byOperand : 0;
    case 'P':
      return group === 0 ? 0 : undefined;
    default:
      return undefined;
  }
};

const HAS_OPERANDS: ReadonlySet<string> = new Set(['m', 'M', 'Z', 'g', 'G', 'P']);

/** Opcodes of which only some members of their group exist. */
const isMember = ({ map, opcode, isVector, repeat }: Head, modrm: number): boolean => {
  const group = (modrm >> 3) & 7;
  if (map === 0 && (opcode === 0xc6 || opcode === 0xc7)) return group === 0;
  if (map === 0 && opcode === 0xfe) return group < 2;
  if (map === 0 && opcode === 0xff) return group < 7;
  if (map === 1 && opcode === 0xb8 && !isVector) return repeat === 0xf3;
  if (map === 1 && opcode === 0xba && !isVector) return group >= 4;
  return true;
};

/** The instruction at `at` of the code; undefined where it is not known for certain, or not all of it is there. */
export const decodeX64 = (code: Uint8Array, at: number): X64Instruction | undefined => {
  const head: Head = {
    ...{ at, map: 0, opcode: 0, rex: 0, hasRex: false, is16: false, isShortAddress: false },
    ...{ repeat: 0, hasOddPrefix: false, isVector: false, shape: 'x' },
  };
  if (at < 0 || at >= code.length || !readPrefixes(code, head)) return undefined;
  readOpcode(code, head);
  const { map, opcode, rex, hasRex, is16, repeat, hasOddPrefix, isVector, shape } = head;
  const operands = HAS_OPERANDS.has(shape) ? operandBytes(code, head.at) : 0;
  if (operands === undefined) return undefined;
  const modrm = operands > 0 ? (code[head.at] ?? 0) : -1;
  const immediate = immediateBytes(head, modrm);
  if (immediate === undefined || !isMember(head, modrm)) return undefined;
  const length = head.at + operands + immediate - at;
  if (length > MOST_BYTES || at + length > code.length) return undefined;
  const jump = shape === 's' || shape === 'j' ? signed(code, at + length - immediate, immediate) : undefined;
  return { length, map, opcode, modrm, rex, hasRex, is16, repeat, hasOddPrefix, isVector, jump };
};
