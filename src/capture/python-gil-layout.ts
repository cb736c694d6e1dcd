// Finds the GILs of one CPython runtime in memory, 3.9 to 3.14, and proves each: the interpreters must lead back to the
// runtime, their threads to them, and what should be the GIL must look like one. Must not know of processes or files.
//
// Offsets are those of Include/internal/pycore_runtime.h, pycore_interp.h and pycore_gil.h of each version; from 3.13 on the
// runtime tells them itself for the use of outside tools (struct _Py_DebugOffsets, pycore_runtime.h, pycore_debug_offsets.h).

import type { ReadMemory } from './process-memory.ts';
import type { PythonRuntime } from './python-runtime.ts';
import { readU64 } from './symbols/elf.ts';

/** The condition variables and mutexes of one GIL: addresses `start` <= a < `end`. */
export type GilRange = { start: number; end: number };
/**
 * The GILs there are now. `fixed`: no other one can begin while this program runs. `hasLost`: an interpreter has ended,
 * and its GIL, if it had one of its own, was outside of the runtime and is not among these.
 */
export type Gils = { ranges: GilRange[]; fixed: boolean; hasLost: boolean };

type Layout = {
  /** In the runtime; the number of interpreters that ever were lies 16 bytes after it. */
  head: number;
  /** In an interpreter. `runtime`, the pointer back to the runtime, is undefined where its place is not known. */
  next: number;
  runtime: number | undefined;
  threads: number;
  /** In a thread's state: the pointer to its interpreter. */
  interpreter: number;
  /** The one GIL, in the runtime; or the pointer to its GIL in each interpreter. */
  gil: { inRuntime: number } | { inInterpreter: number };
  /** 8 in a free-threaded build: its GIL, which can be switched on, has one more word before all others. */
  shift: number;
};

const common = { next: 0, interpreter: 16, shift: 0 };
// What we need of 3.10 lies where it does in 3.9; neither says its version: the proof below tells them from all others.
const V3_9: Layout = { ...common, head: 32, runtime: 16, threads: 8, gil: { inRuntime: 352 } };
const V3_11: Layout = { ...common, head: 40, runtime: 40, threads: 16, gil: { inRuntime: 360 } };
const V3_12: Layout = { ...common, head: 40, runtime: 96, threads: 72, gil: { inInterpreter: 384 } };

const COOKIE = 'xdebugpy';
const MAX_INTERPRETERS = 1000;
const MAX_INTERVAL_US = 1e10;
/** Threads come and go while we read; a proof that failed for that holds at the next try. */
const TRIES = 5;

// struct _gil_runtime_state.
const INTERVAL = 0;
const LAST_HOLDER = 8;
const LOCKED = 16;
const SWITCH_NUMBER = 24;
const COND = 32;
/** sizeof(pthread_cond_t), glibc and musl. */
const COND_SIZE = 48;
const MUTEX_SIZE = { x64: 40, arm64: 48 };

/** The layout that a runtime of 3.13 or 3.14 tells of itself; undefined for another version or an unlikely answer. */
const toldLayout = (offsets: Buffer): Layout | undefined => {
  const version = readU64(offsets, 8) >>> 16;
  if (version !== 0x30d && version !== 0x30e) return undefined;
  const shift = readU64(offsets, 16) === 0 ? 0 : 8;
  const told = (index: number): number => readU64(offsets, 48 + index * 8);
  // Of an interpreter (size, id, next, threads_head, ...): 3.14 has one more word in the middle and two more at the end.
  const [gil, thread] = version === 0x30d ? [8, 13] : [9, 16];
  const start = told(gil + 1);
  if (told(gil + 3) !== start + LOCKED + shift || told(gil + 4) !== start + LAST_HOLDER + shift) return undefined;
  return {
    head: readU64(offsets, 40),
    next: told(2),
    runtime: undefined,
    threads: told(3),
    interpreter: told(thread + 3),
    gil: { inInterpreter: told(gil) },
    shift,
  };
};

const layoutOf = (read: ReadMemory, { address, version }: PythonRuntime): Layout | undefined => {
  const offsets = read(address, 48 + 20 * 8);
  if (offsets?.toString('latin1', 0, 8) === COOKIE) return toldLayout(offsets);
  if (version === undefined) return V3_9;
  if (version === 0x30b) return V3_11;
  return version === 0x30c ? V3_12 : undefined;
};

/** An address, or NaN where nothing can be read there. */
const pointer = (read: ReadMemory, address: number): number => {
  const bytes = read(address, 8);
  return bytes ? readU64(bytes, 0) : Number.NaN;
};

/** All interpreters, newest first; undefined where they are not what they should be. */
const interpretersOf = (read: ReadMemory, runtime: number, layout: Layout): Set<number> | undefined => {
  const found = new Set<number>();
  for (let at = pointer(read, runtime + layout.head); at !== 0; at = pointer(read, at + layout.next)) {
    if (!(at > 0) || found.has(at) || found.size >= MAX_INTERPRETERS) return undefined;
    if (layout.runtime !== undefined && pointer(read, at + layout.runtime) !== runtime) return undefined;
    const thread = pointer(read, at + layout.threads);
    if (thread !== 0 && pointer(read, thread + layout.interpreter) !== at) return undefined;
    found.add(at);
  }
  return found;
};

const endOf = (machine: PythonRuntime['machine']): number => COND + 2 * (COND_SIZE + MUTEX_SIZE[machine]);

/** Whether the bytes at `start` are a GIL of one of these interpreters. */
const isGil = (
  read: ReadMemory,
  start: number,
  { interpreter }: Layout,
  interpreters: ReadonlySet<number>,
  machine: PythonRuntime['machine'],
): boolean => {
  const bytes = read(start, endOf(machine));
  if (!bytes) return false;
  const interval = readU64(bytes, INTERVAL);
  const holder = readU64(bytes, LAST_HOLDER);
  const locked = bytes.readInt32LE(LOCKED);
  if (!(interval >= 1 && interval <= MAX_INTERVAL_US) || !(readU64(bytes, SWITCH_NUMBER) >= 0)) return false;
  // The thread that held it last may be gone with its memory, but not the one that holds it now.
  if (locked === 0) return holder === 0 || (holder > 4096 && holder % 8 === 0);
  return locked === 1 && interpreters.has(pointer(read, holder + interpreter));
};

const tryGilsOf = (read: ReadMemory, runtime: PythonRuntime, layout: Layout): Gils | undefined => {
  const { address, size, machine } = runtime;
  const interpreters = interpretersOf(read, address, layout);
  const everBytes = read(address + layout.head + 16, 8);
  if (!interpreters || !everBytes) return undefined;
  const ever = Number(everBytes.readBigInt64LE(0));
  // Before Python starts there is no GIL; one that has ended leaves threads waiting for what is no GIL any more.
  if (interpreters.size === 0) return ever <= 0 ? { ranges: [], fixed: false, hasLost: false } : undefined;
  if (ever < interpreters.size) return undefined;
  const starts = new Set<number>();
  const { gil, shift } = layout;
  if ('inRuntime' in gil) starts.add(address + gil.inRuntime);
  else for (const each of interpreters) starts.add(pointer(read, each + gil.inInterpreter));
  // An interpreter that is just beginning has no GIL yet.
  starts.delete(0);
  const valid = [...starts].filter((start) => isGil(read, start + shift, layout, interpreters, machine));
  const hasMain = valid.some((start) => start >= address && start < address + size);
  if (valid.length < starts.size || !hasMain) return undefined;
  return {
    ranges: valid.map((start) => ({ start: start + shift + COND, end: start + shift + endOf(machine) })),
    fixed: 'inRuntime' in gil,
    hasLost: !('inRuntime' in gil) && ever > interpreters.size,
  };
};

/** The GILs of a runtime; undefined where nothing is proven: another version, damaged memory, or Python is ending. */
export const gilsOf = (read: ReadMemory, runtime: PythonRuntime): Gils | undefined => {
  const layout = layoutOf(read, runtime);
  for (let tries = layout ? TRIES : 0; layout && tries > 0; tries--) {
    const found = tryGilsOf(read, runtime, layout);
    if (found) return found;
  }
  return undefined;
};
