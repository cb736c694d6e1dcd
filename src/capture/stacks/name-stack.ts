// From a stack as it was taken to frames with names: unwinds its memory, looks up functions, and puts the frames of Python
// where the interpreter's own are. Must not know how stacks come here, nor who asks.
import { stackReasons } from '../../catalogue/events.ts';
import { mergeFrames } from '../python/merge-frames.ts';
import { createPythonCodes } from '../python/python-codes.ts';
import { demangle } from '../symbols/demangle.ts';
import { type Architecture, REGISTERS } from '../symbols/dwarf-registers.ts';
import { createEffort, type EffortLimits } from '../symbols/effort.ts';
import { createKernelSymbols } from '../symbols/kernel-symbols.ts';
import { createResolver } from '../symbols/resolver.ts';
import type { Unwound } from '../symbols/unwind.ts';
import { createKeys } from './keys.ts';
import type { StackFrame, StackFrames } from './messages.ts';
import type { KernelAddress, RawStack } from './read-stack.ts';

/**
 * What the scheduler does itself, before it takes a thread off its CPU; what the tick of the clock by which we look adds; and
 * what our own program does.
 */
const OWN =
  /^(?:bpf_|__bpf_|__traceiter_|__schedule$|schedule$|preempt_schedule|__cond_resched$|io_schedule$|irqentry_exit|exit_to_user_mode_loop$|asm_sysvec_|sysvec_|el0_interrupt$)/;

export type Names = {
  /** Does now what the first stack would else wait for. */
  readonly prepare: () => void;
  /** What a process has mapped. Stacks from before `since` (ns) are of another program, of which nothing is known. */
  readonly remember: (pid: number, maps: string, since: number) => void;
  readonly born: (pid: number, parent: number) => void;
  readonly forget: (pid: number) => void;
  /** Events python_code and python_table. */
  readonly code: (words: Uint32Array, at: number) => void;
  readonly table: (words: Uint32Array, at: number) => void;
  /** Whether all that is needed to name a stack is there. */
  readonly isReady: (stack: RawStack) => boolean;
  /** Its frames, unless an earlier stack had the same key. */
  readonly name: (stack: RawStack) => { readonly key: number; readonly named: StackFrames | undefined };
  /** No key that was given is given again: all frames come along once more. */
  readonly renewKeys: () => void;
};

type Walk = Pick<Unwound, 'addresses' | 'exact' | 'complete' | 'needs'>;

/** Distinct stacks that are remembered at most. */
const REMEMBERED = 50_000;
/** What naming one stack may take. Reading the tables of large libraries takes a second, once. */
const EFFORT: EffortLimits = { workMs: 50, loadingMs: 3000 };

/**
 * `onForgotten` is called before keys that were given are given anew. A stack that takes more than `limits` has the frames
 * that were found by then, and is not complete.
 */
export const createNames = (architecture: Architecture, onForgotten: () => void, limits = EFFORT): Names => {
  const resolver = createResolver({ demangle });
  const codes = createPythonCodes();
  const kernel = createKernelSymbols();
  const since = new Map<number, number>();
  const keys = createKeys(REMEMBERED, onForgotten);
  const walks = new WeakMap<object, number>();

  /** What is known without a walk: callers by frame pointers, which only some code keeps; else where it ran. */
  const addressesOf = ({ memory, addresses }: RawStack): readonly number[] => {
    const known = addresses();
    const pc = memory?.registers[REGISTERS[architecture].pc];
    return known.length > 0 || pc === undefined || Number.isNaN(pc) ? known : [pc];
  };

  /** Where it ran and what called it. By its memory; without that, or where nothing is known of its process, see above. */
  const walk = (stack: RawStack, isOver: () => boolean): Walk => {
    const { pid, memory, hijacked } = stack;
    const trampoline = stack.trampoline === 0 ? undefined : stack.trampoline;
    const input = memory && {
      architecture,
      registers: memory.registers,
      stack: memory.copy,
      hijacked,
      trampoline,
      isOver,
    };
    const unwound = input && resolver.unwind(pid, input);
    return unwound ?? { addresses: addressesOf(stack), exact: [0], complete: false, needs: undefined };
  };

  /** The innermost has a name in any case. */
  const userFrames = (stack: RawStack, { addresses, exact }: Walk, isOver: () => boolean): StackFrame[] => {
    const frames: StackFrame[] = [];
    for (const [i, address] of addresses.entries()) {
      if (i > 0 && isOver()) break;
      // A return address stands behind its call, which is what we want to name; it may be the last one of its function.
      const isReturn = !exact.includes(i) || (i === 0 && stack.reason === stackReasons.call);
      const { name, module, path, offset, isJit } = resolver.resolve(stack.pid, isReturn ? address - 1 : address);
      const kind = isJit === true ? 'jit' : 'native';
      const where = { module: module ?? null, path: path ?? null, offset, file: null, line: null };
      frames.push({ kind, name: name ?? null, ...where });
    }
    return frames;
  };

  const kernelFrames = (addresses: readonly KernelAddress[]): StackFrame[] => {
    const frames = addresses.map(({ high, low }): StackFrame => {
      const { name = null, module = null, offset = 0 } = kernel.find(high, low) ?? {};
      return { kind: 'kernel', name, module, path: null, offset, file: null, line: null };
    });
    const first = frames.findIndex(({ name }) => name !== null && !OWN.test(name));
    return first < 0 ? [] : frames.slice(first);
  };

  /** `isCut`: there was no time for all frames. */
  const framesOf = (stack: RawStack, walked: Walk, isOver: () => boolean): StackFrames & { isCut: boolean } => {
    const native = userFrames(stack, walked, isOver);
    const inKernel = kernelFrames(stack.kernel);
    const { python } = stack;
    const isCut = native.length < walked.addresses.length;
    const complete = walked.complete && !isCut;
    if (python === undefined || python === 'failed') return { frames: [...inKernel, ...native], complete, isCut };
    const places = python.frames.map(({ code, place }) => codes.frameOf(code, place));
    const merged = mergeFrames(native, places, { complete, pythonComplete: python.complete });
    return { frames: [...inKernel, ...merged], complete: complete && python.complete, isCut };
  };

  /** What decides the names of a stack whose walk is remembered. */
  const textOf = ({ pid, reason, python, kernel }: RawStack, walked: object): string => {
    const number = walks.get(walked) ?? keys.fresh();
    walks.set(walked, number);
    const places =
      typeof python === 'object'
        ? `${python.frames.map(({ code, place }) => `${code}:${place}`).join(' ')}${python.complete ? '' : ' cut'}`
        : python;
    const isCall = reason === stackReasons.call;
    return `${pid} ${isCall} ${number} ${places} ${kernel.map(({ high, low }) => `${high}:${low}`).join(' ')}`;
  };

  return {
    prepare: () => {
      kernel.find(0, 0);
      demangle('_Z1fv');
    },
    remember: (pid, maps, from) => {
      if (from > 0) {
        resolver.forget(pid);
        since.set(pid, from);
      }
      resolver.remember(pid, maps);
    },
    born: (pid, parent) => {
      resolver.copy(pid, parent);
      since.delete(pid);
    },
    forget: (pid) => {
      resolver.forget(pid);
      since.delete(pid);
    },
    renewKeys: keys.forgetAll,
    code: codes.code,
    table: codes.table,
    isReady: ({ python }) => typeof python !== 'object' || python.frames.every(({ code }) => codes.has(code)),
    name: (stack) => {
      if (stack.time < (since.get(stack.pid) ?? 0)) {
        const frames = kernelFrames(stack.kernel);
        return { key: 0, named: { frames, complete: false } };
      }
      const isOver = createEffort(limits, resolver.loadingMs);
      const walked = walk(stack, isOver);
      const name = (): ReturnType<typeof framesOf> => framesOf(stack, walked, isOver);
      if (walked.needs === undefined) return { key: 0, named: name() };
      const text = textOf(stack, walked);
      const { key, isNew } = keys.of(text);
      if (!isNew) return { key, named: undefined };
      const named = name();
      if (!named.isCut) return { key, named };
      // Next time more may be known.
      keys.forget(text);
      return { key: 0, named };
    },
  };
};
