// Proves that the frames of a thread are where a layout says, by reading them from outside: the innermost ones all lead to code
// objects of the right type whose names are strings, whose line table fits the bytecode, and within which they execute.
// What does not hold is never explained away: it may hold at the next try, since the program runs meanwhile.

import { PYTHON_TABLE_PIECE, PYTHON_TABLE_PIECES } from '../../catalogue/events.ts';
import { pythonFrameStyles } from '../../catalogue/kernel-structs.ts';
import type { ReadMemory } from '../process-memory.ts';
import type { PythonRuntime } from '../python-runtime.ts';
import { readU64 } from '../symbols/elf.ts';
import { isSoundTable } from './line-table.ts';
import { pointerAt } from './pointer-at.ts';
import type { PythonLayout } from './python-layout.ts';

export type PythonTypes = NonNullable<PythonRuntime['types']>;

/** Of a thread, the innermost ones. */
const PROVEN_FRAMES = 32;
const MAX_BYTES = 1 << 20;
/** Of a string: what follows is not read. */
const READ_CHARACTERS = 1024;
/** Larger ones are never sent, and not checked: that would take long. */
const MAX_TABLE = PYTHON_TABLE_PIECES * PYTHON_TABLE_PIECE;
const MAX_LINE = 10_000_000;
const OWNED_BY_GENERATOR = 1;
const OWNED_BY_NATIVE = 3;
const MAX_OWNER = 4;
/**
 * Instructions at which a code object begins to execute, by version (Include/opcode.h, since 3.13 opcode_ids.h: RESUME, and
 * what the interpreter puts in its place).
 */
const RESUMES: Readonly<Record<number, readonly number[]>> = {
  779: [151, 150],
  780: [151, 240],
  781: [149, 207, 236],
  782: [128, 196, 245],
};
/** Words of a frame before its variables: FRAME_SPECIALS_SIZE of Include/internal/pycore_frame.h. */
const OWN_WORDS: Readonly<Record<number, number>> = { 780: 9, 781: 9, 782: 10 };
/** Of 3.9 and 3.10: ROT_TWO, ROT_THREE, DUP_TOP, NOP, LOAD_CONST, SETUP_FINALLY, LOAD_FAST, LOAD_CLOSURE: none calls anything. */
const CALL_NOTHING: readonly number[] = [2, 3, 4, 9, 100, 122, 124, 135];

/** The beginning of a string, which must be one of the usual kind; undefined where it is none. */
const textAt = (read: ReadMemory, layout: PythonLayout, types: PythonTypes, address: number): string | undefined => {
  const head = read(address, 48);
  if (!head || readU64(head, 8) !== types.text) return undefined;
  const length = pointerAt(read, address + layout.textLength);
  const state = read(address + layout.textState, 4)?.readUInt32LE(0) ?? 0;
  const [width, isCompact, isAscii] = [(state >> 2) & 7, (state >> 5) & 1, (state >> 6) & 1];
  if (![1, 2, 4].includes(width) || isCompact === 0 || !(length >= 1 && length <= MAX_BYTES)) return undefined;
  const count = Math.min(length + 1, READ_CHARACTERS);
  const data = read(address + (isAscii ? layout.textAscii : layout.textWide), count * width);
  if (!data) return undefined;
  let text = '';
  for (let i = 0; i < count; i++) {
    const character = data.readUIntLE(i * width, width);
    // One zero ends it, and there is none inside.
    if (character > (isAscii ? 0x7f : 0x10ffff) || (character === 0) !== (i === length)) return undefined;
    if (character !== 0) text += String.fromCodePoint(character);
  }
  return text;
};

/** The size of a bytes object, which must end with a zero; undefined where it is none. */
const sizeOfBytes = (
  read: ReadMemory,
  layout: PythonLayout,
  types: PythonTypes,
  address: number,
): number | undefined => {
  const head = read(address, 16);
  if (!head || readU64(head, 8) !== types.bytes) return undefined;
  const size = pointerAt(read, address + layout.bytesSize);
  if (!(size >= 0 && size <= MAX_BYTES)) return undefined;
  return read(address + layout.bytesData + size, 1)?.[0] === 0 ? size : undefined;
};

/** Where a code object's bytecode begins and how long it is, in bytes. */
type Bytecode = { readonly start: number; readonly size: number; readonly traceable: number };

const bytecodeOf = (read: ReadMemory, layout: PythonLayout, types: PythonTypes, code: number): Bytecode | undefined => {
  if (layout.style === pythonFrameStyles.objects) {
    const address = pointerAt(read, code + layout.codeBytecode);
    const size = sizeOfBytes(read, layout, types, address);
    return size === undefined ? undefined : { start: address + layout.bytesData, size, traceable: 0 };
  }
  const traceable = read(code + layout.codeTraceable, 4)?.readInt32LE(0) ?? -1;
  const size = pointerAt(read, code + 16) * 2;
  const start = code + layout.codeBytecode;
  return traceable >= 0 && size > 0 && traceable * 2 < size ? { start, size, traceable: traceable * 2 } : undefined;
};

/**
 * Whether the numbers beside a code object's first line are what they must be to each other (Include/cpython/code.h and
 * init_code of Objects/codeobject.c): what lies there is then no other number. Of 3.9 and 3.10 an address follows the line.
 */
const hasSoundNumbers = (read: ReadMemory, layout: PythonLayout, code: number): boolean => {
  const numbers = read(code + layout.codeFirstLine - 4, 28);
  if (!numbers) return false;
  const at = (index: number): number => numbers.readInt32LE(index * 4);
  if (layout.version >= 0x30c) {
    // stacksize, firstlineno, nlocalsplus, framesize: words of the frame, of which localsplus begins after its own members.
    const own = at(3) - at(2) - at(0);
    return at(2) >= 0 && at(0) >= 0 && own === OWN_WORDS[layout.version];
  }
  // stacksize, firstlineno, nlocalsplus, nlocals, nplaincellvars, ncellvars, nfreevars.
  if (layout.version === 0x30b) return at(2) === at(3) + at(4) + at(6) && at(5) >= at(4) && at(4) >= 0 && at(6) >= 0;
  return true;
};

/** The bytecode of the code object at an address, when all that we use of that is as it must be. */
const provenCode = (read: ReadMemory, layout: PythonLayout, types: PythonTypes, code: number): Bytecode | undefined => {
  if (pointerAt(read, code + 8) !== types.code) return undefined;
  const bytecode = bytecodeOf(read, layout, types, code);
  const file = textAt(read, layout, types, pointerAt(read, code + layout.codeFile));
  const name = textAt(read, layout, types, pointerAt(read, code + layout.codeName));
  const tableAddress = pointerAt(read, code + layout.codeTable);
  const tableBytes = sizeOfBytes(read, layout, types, tableAddress);
  const firstLine = read(code + layout.codeFirstLine, 4)?.readInt32LE(0) ?? -1;
  if (!bytecode || tableBytes === undefined || file === undefined || name === undefined || file === name)
    return undefined;
  // No name holds a dot but a qualified one, which ends with the plain one; none holds what paths hold.
  if (name.includes('/') || !(firstLine >= 0 && firstLine <= MAX_LINE)) return undefined;
  // A module begins at line 1; before 3.11 at its first statement.
  if (name === '<module>' && layout.version >= 0x30b && firstLine > 1) return undefined;
  const { version } = layout;
  if (!hasSoundNumbers(read, layout, code)) return undefined;
  const table = tableBytes <= MAX_TABLE ? read(tableAddress + layout.bytesData, tableBytes) : undefined;
  const isSound = table && isSoundTable({ version, table, firstLine, bytecodeBytes: bytecode.size });
  if (tableBytes <= MAX_TABLE && !isSound) return undefined;
  const begin = RESUMES[version];
  if (begin && !begin.includes(read(bytecode.start + bytecode.traceable, 1)?.[0] ?? 0)) return undefined;
  return bytecode;
};

const executesWithin = (read: ReadMemory, layout: PythonLayout, { start, size }: Bytecode, place: number): boolean => {
  if (!(place >= 0 && place < size) || place % 2 !== 0) return false;
  if (layout.style !== pythonFrameStyles.objects) return true;
  return place > 0 && !CALL_NOTHING.includes(read(start + place, 1)?.[0] ?? 0);
};

/** Finds the bytecode of a code object, as provenCode does. */
type FindCode = (code: number) => Bytecode | undefined;

/** One frame: 'shown' when it is proven, not when there is nothing to show, undefined when it is not as it must be. */
const provenFrame = (
  read: ReadMemory,
  layout: PythonLayout,
  types: PythonTypes,
  findCode: FindCode,
  bytes: Buffer,
): { shown: boolean; ends: boolean } | undefined => {
  const isObject = layout.style === pythonFrameStyles.objects;
  const owner = isObject ? 0 : (bytes[layout.frameOwner] ?? MAX_OWNER + 1);
  if (owner > MAX_OWNER) return undefined;
  if (layout.style === pythonFrameStyles.shims && owner >= OWNED_BY_NATIVE) return { shown: false, ends: true };
  const entry = layout.style === pythonFrameStyles.marked ? bytes[layout.frameEntry] : 1;
  if (owner >= OWNED_BY_NATIVE || entry === undefined || entry > 1) return undefined;
  const ends = layout.style !== pythonFrameStyles.shims && entry === 1;
  const code = Number(bytes.readBigUInt64LE(layout.frameCode) & ~7n);
  if (pointerAt(read, code + 8) !== types.code) return undefined;
  if (isObject) {
    const bytecode = findCode(code);
    const place = bytes.readInt32LE(layout.frameInstruction) * layout.numberScale;
    return bytecode && executesWithin(read, layout, bytecode, place) ? { shown: true, ends } : undefined;
  }
  const place = readU64(bytes, layout.frameInstruction) - code - layout.codeBytecode;
  const traceable = (read(code + layout.codeTraceable, 4)?.readInt32LE(0) ?? -1) * 2;
  if (traceable < 0 || Number.isNaN(place)) return undefined;
  if (owner !== OWNED_BY_GENERATOR && place < traceable) return { shown: false, ends };
  const bytecode = findCode(code);
  return bytecode && executesWithin(read, layout, bytecode, place) ? { shown: true, ends } : undefined;
};

/** The address of the innermost frame of a thread state, 0 where it is in none, NaN where that cannot be read. */
export const innermostFrame = (read: ReadMemory, layout: PythonLayout, thread: number): number => {
  const first = pointerAt(read, thread + layout.threadFrame);
  return layout.cframeFrame < 0 || first === 0 ? first : pointerAt(read, first + layout.cframeFrame);
};

/** What is said of the frames from an address on. */
type Prover = (first: number) => 'proven' | 'empty' | 'wrong';

/**
 * Makes a function that proves frames and checks each code object once.
 * `proven`: the innermost 32 frames from `first` on are all as they must be, and one of them is of Python code.
 * `empty`: there is none of Python code. Else something is not as it must be: `wrong`.
 */
export const createFrameProver = (read: ReadMemory, layout: PythonLayout, types: PythonTypes): Prover => {
  const codes = new Map<number, Bytecode | undefined>();
  const findCode: FindCode = (code) => {
    if (!codes.has(code)) codes.set(code, provenCode(read, layout, types, code));
    return codes.get(code);
  };
  return (first) => {
    const seen = new Set<number>();
    let [shown, ended] = [0, false];
    let at = first;
    while (at !== 0 && seen.size < PROVEN_FRAMES) {
      const bytes = seen.has(at) ? undefined : read(at, layout.frameBytes);
      const frame = bytes && provenFrame(read, layout, types, findCode, bytes);
      if (!bytes || !frame) return 'wrong';
      seen.add(at);
      if (frame.shown) shown++;
      ended = frame.ends;
      at = readU64(bytes, layout.framePrevious);
    }
    // The outermost frame was begun by a native call.
    if (first !== 0 && at === 0 && !ended) return 'wrong';
    return shown > 0 ? 'proven' : 'empty';
  };
};
