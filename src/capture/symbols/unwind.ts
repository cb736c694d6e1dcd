// Walks a stack from a copy of it: registers and a piece of memory in, return addresses out. Follows the unwind tables,
// and frame pointers where code has none. Must not know of files, processes or names; does no I/O.
// Replaced return addresses: struct return_instance of Linux's include/linux/uprobes.h, prepare_uretprobe of
// kernel/events/uprobes.c.

import { type CallerFrame, callerFrame, framePointerStep } from './caller-frame.ts';
import { type Architecture, REGISTERS } from './dwarf-registers.ts';
import type { FrameRow } from './frame-row.ts';
import type { StackCopy } from './stack-copy.ts';
import { createOrigins } from './walk-origins.ts';

/** A return address that the kernel replaced to see a function end; `at` is the stack pointer at that function's entry. */
export type HijackedReturn = { at: number; to: number };

/** What is known of the code of a process, by its addresses. */
export type CodeLookup = {
  /** Whether there is executable memory. */
  isCode: (address: number) => boolean;
  rowAt: (address: number) => FrameRow | undefined;
  /** Whether the instruction before `address` is a call; undefined where its bytes are not at hand. */
  followsCall: (address: number) => boolean | undefined;
};

/** A thread that stands still. `registers` have DWARF's numbers and are NaN where unknown; the program counter comes last. */
export type UnwindInput = {
  architecture: Architecture;
  registers: ArrayLike<number>;
  stack: StackCopy;
  hijacked: readonly HijackedReturn[];
  /** The address that replaces return addresses; undefined or 0 where none is. */
  trampoline: number | undefined;
  maxFrames?: number;
  /** Asked before each step: whether to end here. */
  isOver?: () => boolean;
};

/**
 * Why the walk ended: at the outermost frame; the copy of the stack ended; no tables and no usable frame pointer; what was
 * found cannot be (the tables, the copy or the moment are wrong); a replaced return address that nobody told of; too deep;
 * it took too long.
 */
export type UnwindStop =
  | 'outermost'
  | 'copy_ended'
  | 'no_rule'
  | 'implausible'
  | 'hijacked'
  | 'too_deep'
  | 'out_of_time';

/**
 * `addresses`: where the thread stands, then return addresses, the innermost first. `exact` has the indices of the addresses
 * that were not left by a call (the first, and those around a signal); for a name look at all others one byte earlier.
 * `guessed` counts the steps that relied on a frame pointer. `complete`: the outermost frame was reached by tables alone; a
 * frame pointer may lead past a caller, or to the end of another chain, so that a stack through code without tables (that
 * of a just-in-time compiler) never is complete.
 */
export type Unwound = {
  readonly addresses: readonly number[];
  readonly exact: readonly number[];
  readonly complete: boolean;
  readonly stop: UnwindStop;
  readonly guessed: number;
  /** All that the way depends on besides where it begins; undefined where that cannot be told. */
  readonly needs: Needs | undefined;
};

/**
 * Pairs of where a number was found and what it was: an address of the stack, or -1 - N for register N at the start. With
 * the same program counter and stack pointer, and the same numbers in these places, a walk goes the same way.
 */
export type Needs = readonly number[];

const DEFAULT_MAX_FRAMES = 256;
const WORD = 8;

/**
 * The original of a replaced return address, undefined where nobody told of it. The stack pointer at a function's entry is
 * where the return address lies on x86-64, and the frame's end on arm64.
 */
const originalOf = (
  { architecture, hijacked }: UnwindInput,
  frame: CallerFrame,
  isGuess: boolean,
): number | undefined => {
  const entry = architecture === 'x64' ? (Number.isNaN(frame.returnAt) ? frame.cfa - WORD : frame.returnAt) : frame.cfa;
  if (architecture === 'x64' || !isGuess) return hijacked.find(({ at }) => at === entry)?.to;
  // A frame pointer of arm64 does not tell where its frame ends: it is the first end after it.
  const after = hijacked.filter(({ at }) => at >= entry).sort((a, b) => a.at - b.at);
  return after[0]?.to;
};

/** Why there is no caller's address: what it would need lies outside of the copy, or was not there from the start. */
const whyLost = ({ stack }: UnwindInput, frame: CallerFrame): UnwindStop =>
  frame.returnAt + WORD > stack.at + stack.bytes.length ? 'copy_ended' : 'implausible';

/** Whether a caller's frame lies above its callee's, as the stack grows down. */
const isAbove = (input: UnwindInput, from: number, to: number, isExact: boolean): boolean =>
  input.architecture === 'arm64' && isExact ? to >= from : to > from;

type Step = { frame: CallerFrame; isGuess: boolean; isSignal: boolean } | { stop: UnwindStop };

/** The callers of a thread that stands still. Never a return address that is no executable memory. */
export const unwind = (input: UnwindInput, code: CodeLookup): Unwound => {
  const { architecture, stack, trampoline, maxFrames = DEFAULT_MAX_FRAMES } = input;
  const { sp, fp, pc: pcAt, count } = REGISTERS[architecture];
  const addresses: number[] = [];
  const exact: number[] = [];
  let guessed = 0;
  const origins = createOrigins(architecture);
  const ended = (stop: UnwindStop): Unwound => {
    const complete = stop === 'outermost' && guessed === 0;
    return { addresses, exact, complete, stop, guessed, needs: complete ? origins.needs() : undefined };
  };

  let registers: readonly number[] = Array.from({ length: count }, (_, i) => input.registers[i] ?? Number.NaN);
  let pc = registers[pcAt] ?? Number.NaN;
  let isExact = true;
  let wasGuess = false;

  const next = (): Step => {
    const callee = { architecture, registers, stack };
    const row = code.rowAt(isExact ? pc : pc - 1);
    if (row) {
      if (row.rules.get(row.returnRegister)?.kind === 'undefined') return { stop: 'outermost' };
      origins.step(row, registers);
      return { frame: callerFrame(callee, row), isGuess: false, isSignal: row.isSignal };
    }
    // A chain of frame pointers ends with 0 (psABI x86-64, 3.4.1); a register that holds anything may be 0 too.
    origins.guess();
    if (wasGuess && registers[fp] === 0) return { stop: 'outermost' };
    const frame = framePointerStep(callee);
    if (frame) return { frame, isGuess: true, isSignal: false };
    return { stop: (registers[fp] ?? 0) > stack.at + stack.bytes.length - 2 * WORD ? 'copy_ended' : 'no_rule' };
  };

  while (addresses.length < maxFrames) {
    if (!code.isCode(pc)) return ended('implausible');
    if (isExact) exact.push(addresses.length);
    addresses.push(pc);
    if (input.isOver?.()) return ended('out_of_time');
    const step = next();
    if ('stop' in step) return ended(step.stop);
    const { frame, isGuess, isSignal } = step;
    // What a signal handler returns to was not left by a call either: the kernel made it look so.
    if (isSignal && !isExact) exact.push(addresses.length - 1);
    let to = frame.returnAddress;
    if (trampoline && to === trampoline) {
      const original = originalOf(input, frame, isGuess);
      if (original === undefined) return ended('hijacked');
      to = original;
      origins.guess();
    }
    if (to === 0) {
      // That it is 0 decides that the way ends here.
      origins.arrive(frame, to);
      return ended('outermost');
    }
    if (Number.isNaN(to)) return ended(whyLost(input, frame));
    const [from, above] = [registers[sp] ?? Number.NaN, frame.registers[sp] ?? Number.NaN];
    if (!isSignal && !isAbove(input, from, above, isExact)) return ended('implausible');
    if (!code.isCode(to) || (isGuess && code.followsCall(to) === false))
      return ended(isGuess ? 'no_rule' : 'implausible');
    if (isGuess) guessed++;
    origins.arrive(frame, to);
    registers = frame.registers;
    pc = to;
    isExact = isSignal;
    wasGuess = isGuess;
  }
  return ended('too_deep');
};
