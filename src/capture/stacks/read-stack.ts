// The events of stacks, joined to stacks: memory, Python frames and addresses of one moment of one thread.
// Must not know how they are named.
import {
  HIJACKED_RETURNS,
  KERNEL_FRAMES,
  PYTHON_FRAMES,
  pythonStates,
  STACK_FRAMES,
  STACK_PIECE,
  STACK_REGISTERS,
} from '../../catalogue/events.ts';
import { bytesAt, eventWords, PID, TID, timeSince, wide } from '../event-words.ts';
import { type Architecture, startRegisters } from '../symbols/dwarf-registers.ts';
import type { StackCopy } from '../symbols/stack-copy.ts';

/** A copy of the user stack of a thread, and its registers as DWARF numbers them; NaN where not known. */
export type StackMemory = { readonly copy: StackCopy; readonly registers: Float64Array; readonly room: Buffer };
export type PythonPlace = { readonly code: number; readonly place: number };
/** An address of the kernel: two halves, since it is not exact as one number. */
export type KernelAddress = { readonly high: number; readonly low: number };

/** A stack as the kernel side took it. Addresses are innermost first. */
export type RawStack = {
  readonly pid: number;
  readonly tid: number;
  /** ns since the recording began. */
  readonly time: number;
  /** One of `stackReasons`. */
  readonly reason: number;
  /** By frame pointers; the first is where it runs, or where a call returns to. Read when asked for: few stacks need them. */
  readonly addresses: () => readonly number[];
  readonly kernel: readonly KernelAddress[];
  /** Undefined where it could not be read. */
  readonly memory: StackMemory | undefined;
  /** Where return probes send functions back to, 0 for none; and what they will return to after that. */
  readonly trampoline: number;
  readonly hijacked: readonly { readonly at: number; readonly to: number }[];
  /** Undefined when its process has no Python, `failed` when it has and its frames could not be read. */
  readonly python: 'failed' | { readonly frames: readonly PythonPlace[]; readonly complete: boolean } | undefined;
};

const S = eventWords.stack;
const stack = {
  time: S('time'),
  reason: S('reason'),
  frames: S('user_frames'),
  python: S('python'),
  trampoline: S('trampoline'),
  at: S('hijacked_at'),
  to: S('hijacked_to'),
  address: S('address'),
  kernel: S('kernel'),
};
const M = eventWords.stack_memory;
const memory = { time: M('time'), at: M('at'), size: M('size'), registers: M('registers'), data: M('data') };
const P = eventWords.python_stack;
const python = { time: P('time'), frames: P('frames'), complete: P('complete'), code: P('code'), place: P('place') };

type Parts = {
  time: number;
  base: number;
  registers: Float64Array;
  /** Where its memory is put together, of which `size` bytes are there. */
  room: Buffer | undefined;
  size: number;
  python: RawStack['python'];
};

export type StackReader = {
  readonly memory: (words: Uint32Array, at: number) => void;
  readonly python: (words: Uint32Array, at: number) => void;
  /** The last event of a stack. */
  readonly stack: (words: Uint32Array, at: number) => RawStack;
  /** A stack is not needed any more: its memory is used again. */
  readonly done: (stack: RawStack) => void;
};

const numbers = (words: Uint32Array, at: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => wide(words, at + i * 2));

/** More than a stack's pieces can be; behind them its addresses by frame pointers are kept. */
const ROOM = 8 * STACK_PIECE;
const ADDRESSES = 8 * STACK_FRAMES;
const SPARE_ROOMS = 64;
const MAX_THREADS = 10_000;
/** An interrupt may take a stack of a thread while one of it is being taken. More than that have lost their end. */
const MAX_OPEN = 3;

const hijackedIn = (words: Uint32Array, at: number): RawStack['hijacked'] => {
  const tos = numbers(words, at + stack.to, HIJACKED_RETURNS);
  return numbers(words, at + stack.at, HIJACKED_RETURNS).flatMap((from, i) =>
    from === 0 ? [] : [{ at: from, to: tos[i] ?? 0 }],
  );
};

/** The words are used again for other events: what may be read later is kept in the room, where there is one. */
const addressesIn = (words: Uint32Array, at: number, count: number, room: Buffer | undefined) => {
  if (room === undefined) {
    const addresses = numbers(words, at, count);
    return () => addresses;
  }
  const kept = new Uint32Array(room.buffer, room.byteOffset + ROOM, 2 * count);
  kept.set(words.subarray(at, at + 2 * count));
  return () => numbers(kept, 0, count);
};

/** Joins events by thread: those of one stack come one after the other. */
export const createStackReader = (
  clock: { readonly high: number; readonly low: number },
  architecture: Architecture,
): StackReader => {
  /** The stacks of each thread whose end has not come yet. */
  const threads = new Map<number, Parts[]>();
  const rooms: Buffer[] = [];
  const spare = (room: Buffer | undefined) => {
    if (room !== undefined && rooms.length < SPARE_ROOMS) rooms.push(room);
  };
  const partsOf = (tid: number, time: number): Parts => {
    const open = threads.get(tid) ?? [];
    const found = open.find((parts) => parts.time === time);
    if (found) return found;
    if (open.length >= MAX_OPEN) spare(open.shift()?.room);
    if (threads.size >= MAX_THREADS) threads.clear();
    const fresh: Parts = { time, base: 0, registers: new Float64Array(), room: undefined, size: 0, python: undefined };
    open.push(fresh);
    threads.set(tid, open);
    return fresh;
  };
  return {
    memory: (words, at) => {
      const parts = partsOf(words[at + TID] ?? 0, timeSince(words, at + memory.time, clock));
      const address = wide(words, at + memory.at);
      if (parts.room === undefined) {
        parts.room = rooms.pop() ?? Buffer.allocUnsafeSlow(ROOM + ADDRESSES);
        parts.base = address;
        const from = at + memory.registers;
        parts.registers = startRegisters(architecture, words.subarray(from, from + 2 * STACK_REGISTERS));
      }
      const bytes = bytesAt(words, at + memory.data, words[at + memory.size] ?? 0);
      // A piece between was lost: what follows is of no use.
      if (address - parts.base !== parts.size) return;
      parts.size += bytes.copy(parts.room, parts.size, 0, ROOM - parts.size);
    },
    python: (words, at) => {
      const parts = partsOf(words[at + TID] ?? 0, timeSince(words, at + python.time, clock));
      parts.python = {
        frames: Array.from({ length: Math.min(PYTHON_FRAMES, words[at + python.frames] ?? 0) }, (_, i) => ({
          code: wide(words, at + python.code + i * 2),
          place: words[at + python.place + i] ?? 0,
        })),
        complete: words[at + python.complete] === 1,
      };
    },
    stack: (words, at) => {
      const tid = words[at + TID] ?? 0;
      const time = timeSince(words, at + stack.time, clock);
      const open = threads.get(tid) ?? [];
      const own = open.find((parts) => parts.time === time);
      const left = open.filter((parts) => parts !== own);
      if (left.length === 0) threads.delete(tid);
      else threads.set(tid, left);
      const frames = words[at + stack.frames] ?? 0;
      const pythonAndPieces = words[at + stack.python] ?? 0;
      const room = own?.room;
      const trampoline = wide(words, at + stack.trampoline);
      return {
        pid: words[at + PID] ?? 0,
        tid,
        time,
        reason: words[at + stack.reason] ?? 0,
        addresses: addressesIn(words, at + stack.address, Math.min(STACK_FRAMES, frames & 0xffff), room),
        kernel: Array.from({ length: Math.min(KERNEL_FRAMES, frames >>> 16) }, (_, i) => ({
          high: words[at + stack.kernel + i * 2 + 1] ?? 0,
          low: words[at + stack.kernel + i * 2] ?? 0,
        })),
        memory:
          own && room
            ? { copy: { at: own.base, bytes: room.subarray(0, own.size) }, registers: own.registers, room }
            : undefined,
        trampoline,
        hijacked: trampoline === 0 ? [] : hijackedIn(words, at),
        python: (pythonAndPieces & 0xffff) === pythonStates.failed ? 'failed' : own?.python,
      };
    },
    done: ({ memory }) => spare(memory?.room),
  };
};
