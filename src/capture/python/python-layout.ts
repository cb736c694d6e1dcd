// Where a CPython keeps what we read: from tables for 3.9 to 3.12, from what the runtime says of itself from 3.13 on.
// Says nothing of whether that is true of a running program: must not know of frames nor of proofs.
//
// From 3.13 on: struct _Py_DebugOffsets at the start of `_PyRuntime` (Include/internal/pycore_runtime.h of 3.13,
// Include/internal/pycore_debug_offsets.h of 3.14), u64 numbers in the order of its members. What it lacks is derived from
// its neighbours in struct PyCodeObject (Include/cpython/code.h) and in struct PyUnicodeObject.

import { pythonFrameStyles } from '../../catalogue/kernel-structs.ts';
import type { ReadMemory } from '../process-memory.ts';
import type { PythonRuntime } from '../python-runtime.ts';
import { readU64 } from '../symbols/elf.ts';
import { type PythonOffsets, pythonOffsets } from './offsets.gen.ts';

/** Offsets in bytes; `version` is major << 8 | minor. */
export type PythonLayout = PythonOffsets & {
  readonly version: number;
  readonly style: (typeof pythonFrameStyles)[keyof typeof pythonFrameStyles];
  /** Bytes that the number of an instruction counts, where a frame has one. */
  readonly numberScale: number;
};

export type LayoutAnswer =
  | { readonly kind: 'layout'; readonly layout: PythonLayout }
  | { readonly kind: 'unsupported'; readonly why: string };

const COOKIE = 'xdebugpy';
const HEAD_WORDS = 6;
/** Numbers in each part of the struct, up to the last part that we read. */
const PARTS = {
  781: { interpreter: 13, thread: 9, frame: 6, code: 10, object: 2, type: 4, tuple: 3, list: 3, set: 0, rest: 8 },
  782: { interpreter: 16, thread: 9, frame: 8, code: 11, object: 2, type: 4, tuple: 3, list: 3, set: 4, rest: 8 },
} as const;
const TOLD_WORDS = 100;
/** PY_RELEASE_LEVEL_GAMMA of Include/patchlevel.h: what came before may be laid out in another way. */
const CANDIDATE = 0xc;
/** Beyond every struct that there is. */
const MAX_OFFSET = 1 << 20;

const isOffset = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value < MAX_OFFSET;

const toldLayout = (bytes: Buffer): LayoutAnswer => {
  const hex = readU64(bytes, 8);
  const version = Math.floor(hex / 0x1_0000);
  if (readU64(bytes, 16) !== 0) return { kind: 'unsupported', why: 'free-threaded build' };
  if (version !== 0x30d && version !== 0x30e)
    return { kind: 'unsupported', why: `version ${version >> 8}.${version & 255}` };
  if (((hex >> 4) & 15) < CANDIDATE)
    return { kind: 'unsupported', why: 'unsupported build: a version before its release' };
  const parts = PARTS[version];
  let next = HEAD_WORDS;
  const part = (words: number) => {
    const start = next;
    next += words;
    return (index: number): number => readU64(bytes, (start + index) * 8);
  };
  const interpreter = part(parts.interpreter);
  const thread = part(parts.thread);
  const frame = part(parts.frame);
  const code = part(parts.code);
  part(parts.object + parts.type + parts.tuple + parts.list + parts.set + parts.rest);
  const data = part(3);
  const text = part(4);
  const [firstLine, bytecode, ascii] = [code(5), code(9), text(3)];
  const offsets: PythonOffsets = {
    runtimeHead: readU64(bytes, 40),
    interpreterNext: interpreter(2),
    interpreterRuntime: -1,
    interpreterThreads: interpreter(3),
    threadNext: thread(2),
    threadInterpreter: thread(3),
    threadId: thread(5),
    threadFrame: thread(4),
    cframeFrame: -1,
    frameBytes: Math.ceil((frame(5) + 1) / 8) * 8,
    frameCode: frame(2),
    framePrevious: frame(1),
    frameInstruction: frame(3),
    frameOwner: frame(5),
    frameEntry: -1,
    codeFirstLine: firstLine,
    codeFile: code(1),
    codeName: code(3),
    codeTable: code(4),
    codeBytecode: bytecode,
    codeTraceable: bytecode - 16,
    codeMark: firstLine + 24,
    textLength: text(2),
    textState: text(1),
    textAscii: ascii,
    textWide: ascii + 16,
    bytesSize: data(1),
    bytesData: data(2),
  };
  if (!Object.values(offsets).every((offset) => offset === -1 || isOffset(offset)))
    return { kind: 'unsupported', why: 'unsupported build: it tells of itself what cannot be' };
  return { kind: 'layout', layout: { ...offsets, version, style: pythonFrameStyles.shims, numberScale: 1 } };
};

/** The layout that belongs to a runtime by its version. */
export const layoutOf = (read: ReadMemory, { address, version, older }: PythonRuntime): LayoutAnswer => {
  const told = read(address, TOLD_WORDS * 8);
  if (told?.toString('latin1', 0, 8) === COOKIE) return toldLayout(told);
  const { objects, marked, shims } = pythonFrameStyles;
  switch (version ?? older) {
    case 0x309:
      return { kind: 'layout', layout: { ...pythonOffsets['3.9'], version: 0x309, style: objects, numberScale: 1 } };
    case 0x30a:
      return { kind: 'layout', layout: { ...pythonOffsets['3.10'], version: 0x30a, style: objects, numberScale: 2 } };
    case 0x30b:
      return { kind: 'layout', layout: { ...pythonOffsets['3.11'], version: 0x30b, style: marked, numberScale: 1 } };
    case 0x30c:
      return { kind: 'layout', layout: { ...pythonOffsets['3.12'], version: 0x30c, style: shims, numberScale: 1 } };
    default:
      return { kind: 'unsupported', why: 'unsupported build: it is none of CPython 3.9 to 3.14' };
  }
};
