// Turns a call's line into what the kernel side must do: which argument words to put together into the few it keeps,
// and how user space takes the named arguments out again. The kernel executes plans; it knows no call by name.
import { type ArgumentName, argumentNames } from '../arguments.ts';
import type { CallSpec, Source } from '../call.ts';
import { KEPT_WORDS } from '../events.ts';

/**
 * Slots are numbered for the kernel as they are read: 0 to 9 are argument words 0 to 9, 10 to 14 the words of memory that an
 * argument points to. 15 is an always empty word.
 */
export const MEMORY_SLOT = 10;
export const NO_SLOT = 15;
/** Argument words and memory words that the kernel can reach. */
export const ARGUMENT_WORDS = 10;
export const MEMORY_WORDS = 5;
const X86_64_REGISTERS = 6;

/** One kept word: `a` alone, or the low half of `a` with a 32-bit half of `b` above it. */
export type KeptWord = { readonly a: number; readonly b: number };
/** Where user space finds an argument: a kept word, and which part of it. */
export type ArgumentPlace = {
  readonly name: ArgumentName;
  readonly word: number;
  readonly part: 'all' | 'low' | 'high';
};
export type CallPlan = {
  readonly words: readonly KeptWord[];
  readonly places: readonly ArgumentPlace[];
  /** Argument slot that points to a struct to read at entry, or NO_SLOT. */
  readonly memory: number;
  /** Whether a slot beyond the registers of x86-64 is needed, so that the stack must be read. */
  readonly stack: boolean;
  readonly pointerSlot: number;
  readonly pointerReturned: boolean;
};

const slotOf = (source: Source) => (source.through === undefined ? source.from : MEMORY_SLOT + source.from);

type Named = { readonly name: ArgumentName; readonly source: Source; readonly slot: number };

const namedArguments = (call: CallSpec): readonly Named[] =>
  argumentNames.flatMap((name) => {
    const source = call.args[name];
    return source === undefined ? [] : [{ name, source, slot: slotOf(source) }];
  });

/** The plan of a call. Throws when the call asks for more than the kernel keeps: a mistake in the catalogue. */
export const planOf = (call: CallSpec): CallPlan => {
  const named = namedArguments(call);
  const slots = [...new Set(named.map(({ slot }) => slot))];
  const lowOnly = slots.filter((slot) => named.every((item) => item.slot !== slot || item.source.part === 'low'));
  const words: KeptWord[] = slots.filter((slot) => !lowOnly.includes(slot)).map((a) => ({ a, b: NO_SLOT }));
  for (let i = 0; i < lowOnly.length; i += 2) words.push({ a: lowOnly[i] ?? NO_SLOT, b: lowOnly[i + 1] ?? NO_SLOT });
  if (words.length > KEPT_WORDS)
    throw new Error(`${call.op} keeps ${words.length} words, the kernel keeps ${KEPT_WORDS}`);

  const places = named.map(({ name, source, slot }): ArgumentPlace => {
    const asSecond = words.findIndex((word) => word.b === slot);
    if (asSecond >= 0) return { name, word: asSecond, part: 'high' };
    return { name, word: words.findIndex((word) => word.a === slot), part: source.part };
  });
  const pointers = new Set(named.flatMap(({ source }) => (source.through === undefined ? [] : [source.through])));
  if (pointers.size > 1)
    throw new Error(`${call.op} reads through ${pointers.size} pointers, the kernel reads through one`);
  const [memory = NO_SLOT] = pointers;
  return {
    words,
    places,
    memory,
    stack: slots.some((slot) => slot >= X86_64_REGISTERS && slot < MEMORY_SLOT),
    pointerSlot: call.ptr?.slot ?? NO_SLOT,
    pointerReturned: call.ptr?.how === 'returned',
  };
};

/** Size of the kernel's plan of one call, in bytes: `struct wt_call_plan`. */
export const PLAN_BYTES = KEPT_WORDS * 2 + 4;

/** A plan as the kernel reads it. */
export const encodePlan = (plan: CallPlan): Uint8Array => {
  const bytes = new Uint8Array(PLAN_BYTES).fill(NO_SLOT);
  for (const [i, word] of plan.words.entries()) {
    bytes[i] = word.a;
    bytes[KEPT_WORDS + i] = word.b;
  }
  bytes[KEPT_WORDS * 2] = plan.memory;
  bytes[KEPT_WORDS * 2 + 1] = plan.stack ? 1 : 0;
  bytes[KEPT_WORDS * 2 + 2] = plan.pointerSlot;
  bytes[KEPT_WORDS * 2 + 3] = plan.pointerReturned ? 1 : 0;
  return bytes;
};
