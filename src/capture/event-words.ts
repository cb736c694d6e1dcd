// Where the fields of an event lie in the ring, counted in 32-bit words, and how to read them without allocating.
import { layoutOf } from '../catalogue/derive/layout.ts';
import { type EventName, events } from '../catalogue/events.ts';
import type { Field } from '../catalogue/field.ts';

type NameOf<F extends readonly Field[]> = F[number]['name'];

/** From the name of a field of a struct to its word. Call it once for each field. */
export const wordsOf =
  <const F extends readonly Field[]>(fields: F) =>
  (name: NameOf<F>): number =>
    Math.floor(layoutOf(fields).at(name).offset / 4);

/** For each event a function from a field's name to its word. Call it once for each field, not for each event. */
export const eventWords = {
  call: wordsOf(events.call.fields),
  off_cpu: wordsOf(events.off_cpu.fields),
  process_fork: wordsOf(events.process_fork.fields),
  process_exec: wordsOf(events.process_exec.fields),
  process_exit: wordsOf(events.process_exit.fields),
  thread_name: wordsOf(events.thread_name.fields),
  library_mapped: wordsOf(events.library_mapped.fields),
  stack: wordsOf(events.stack.fields),
  scope: wordsOf(events.scope.fields),
  moment: wordsOf(events.moment.fields),
  python_stack: wordsOf(events.python_stack.fields),
  python_code: wordsOf(events.python_code.fields),
  python_table: wordsOf(events.python_table.fields),
  stack_memory: wordsOf(events.stack_memory.fields),
} as const satisfies Record<EventName, unknown>;

export const TYPE = 0;
export const PID = 2;
export const TID = 3;

/** An unsigned 64-bit value as a number: exact up to 2^53, and user addresses and durations stay below. */
export const wide = (words: Uint32Array, at: number): number => (words[at + 1] ?? 0) * 0x1_0000_0000 + (words[at] ?? 0);

/** A time of the kernel as ns since the recording began, exact. */
export const timeSince = (
  words: Uint32Array,
  at: number,
  clock: { readonly high: number; readonly low: number },
): number => ((words[at + 1] ?? 0) - clock.high) * 0x1_0000_0000 + ((words[at] ?? 0) - clock.low);

/** `length` bytes from a word on, fewer where the words end before: a length may be read of an event that is torn. */
export const bytesAt = (words: Uint32Array, at: number, length: number): Buffer => {
  const from = Math.min(words.byteLength, at * 4);
  return Buffer.from(words.buffer, words.byteOffset + from, Math.min(length, words.byteLength - from));
};

/** Text in at most `length` bytes, up to the first zero. */
export const textAt = (words: Uint32Array, at: number, length: number): string => {
  const bytes = bytesAt(words, at, length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? length : end);
};
