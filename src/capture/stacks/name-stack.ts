// From a stack as it was taken to frames with names: unwinds its memory, looks up functions, and puts the frames of Python
// where the interpreter's own are. Must not know how stacks come here, nor who asks.
import { stackReasons } from '../../catalogue/events.ts';
import { mergeFrames } from '../python/merge-frames.ts';
import { createPythonCodes } from '../python/python-codes.ts';
import { demangle } from '../symbols/demangle.ts';
import type { Architecture } from '../symbols/dwarf-registers.ts';
import { createKernelSymbols } from '../symbols/kernel-symbols.ts';
import { createResolver } from '../symbols/resolver.ts';
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
};

type Walk = { readonly addresses: readonly number[]; readonly exact: readonly number[] };

/** Distinct stacks that are remembered at most. */
const REMEMBERED = 50_000;

/** `onForgotten` is called before keys that were given are given anew. */
export const createNames = (architecture: Architecture, onForgotten: () => void): Names => {
  const resolver = createResolver({ demangle });
  const codes = createPythonCodes();
  const kernel = createKernelSymbols();
  const since = new Map<number, number>();
  const keys = createKeys(REMEMBERED, onForgotten);
  const walks = new WeakMap<object, number>();

  /** Where it ran and what called it. By its memory; by frame pointers, which only some code keeps, where there is none. */
  const walk = ({ pid, memory, trampoline, hijacked, addresses }: RawStack) => {
    const input = memory && { architecture, registers: memory.registers, stack: memory.copy, hijacked };
    const unwound = input && resolver.unwind(pid, { ...input, trampoline: trampoline === 0 ? undefined : trampoline });
    return unwound ?? { addresses, exact: [0], complete: false, needs: undefined };
  };

  const userFrames = (stack: RawStack, { addresses, exact }: Walk): StackFrame[] =>
    addresses.map((address, i) => {
      // A return address stands behind its call, which is what we want to name; it may be the last one of its function.
      const isReturn = !exact.includes(i) || (i === 0 && stack.reason === stackReasons.call);
      const { name, module, offset, isJit } = resolver.resolve(stack.pid, isReturn ? address - 1 : address);
      const kind = isJit === true ? 'jit' : 'native';
      return { kind, name: name ?? null, module: module ?? null, offset, file: null, line: null };
    });

  const kernelFrames = (addresses: readonly KernelAddress[]): StackFrame[] => {
    const frames = addresses.map(({ high, low }): StackFrame => {
      const { name = null, module = null, offset = 0 } = kernel.find(high, low) ?? {};
      return { kind: 'kernel', name, module, offset, file: null, line: null };
    });
    const first = frames.findIndex(({ name }) => name !== null && !OWN.test(name));
    return first < 0 ? [] : frames.slice(first);
  };

  const framesOf = (stack: RawStack, walked: ReturnType<typeof walk>): StackFrames => {
    const inKernel = kernelFrames(stack.kernel);
    const native = userFrames(stack, walked);
    const { python } = stack;
    if (python === undefined || python === 'failed')
      return { frames: [...inKernel, ...native], complete: walked.complete };
    const places = python.frames.map(({ code, place }) => codes.frameOf(code, place));
    const merged = mergeFrames(native, places, { complete: walked.complete, pythonComplete: python.complete });
    return { frames: [...inKernel, ...merged], complete: walked.complete || python.complete };
  };

  /** What decides the names of a stack whose walk is remembered. */
  const textOf = ({ pid, reason, python, kernel }: RawStack, walked: object): string => {
    const number = walks.get(walked) ?? keys.fresh();
    walks.set(walked, number);
    const places =
      typeof python === 'object' ? python.frames.map(({ code, place }) => `${code}:${place}`).join(' ') : python;
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
    code: codes.code,
    table: codes.table,
    isReady: ({ python }) => typeof python !== 'object' || python.frames.every(({ code }) => codes.has(code)),
    name: (stack) => {
      if (stack.time < (since.get(stack.pid) ?? 0)) {
        const frames = kernelFrames(stack.kernel);
        return { key: keys.fresh(), named: { frames, complete: false } };
      }
      const walked = walk(stack);
      if (walked.needs === undefined) return { key: keys.fresh(), named: framesOf(stack, walked) };
      const { key, isNew } = keys.of(textOf(stack, walked));
      return { key, named: isNew ? framesOf(stack, walked) : undefined };
    },
  };
};
