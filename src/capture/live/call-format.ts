// What is sent of a library call: its arguments by name, what it returned, how long it took. The same form as that of a tracepoint,
// so that conditions, decoding and everything behind treat both alike.
import { argumentNames, callArguments } from '../../catalogue/arguments.ts';
import type { CallSpec, Source } from '../../catalogue/call.ts';
import type { Field, Format } from './format.ts';
import { SKIPPED } from './record.ts';

const WORD = 8;

/** A word that is read at entry: an argument slot, or a word of the memory that the slot `through` points to. */
export type EntryWord = { readonly at: number; readonly from: number; readonly through: number | undefined };

export type CallLayout = {
  readonly call: CallSpec;
  readonly format: Format;
  readonly words: readonly EntryWord[];
  /** Of the record: where what is known at the return lies. */
  readonly ret: number;
  readonly duration: number;
  /** Where the address lies to which the call writes a pointer; the pointer takes its place. */
  readonly written: number | undefined;
  /** Bytes; the first 8 are the time of entry while the call runs. */
  readonly size: number;
};

const field = (name: string, type: string, offset: number, size: number, signed: boolean): Field => ({
  ...{ name, type, kind: 'number', offset, size, signed },
  ...{ names: new Map<string, number>(), isFlags: false },
});

const argumentField = (name: keyof typeof callArguments, { part }: Source, at: number): Field => {
  const signed = callArguments[name].kind === 'signed';
  const size = part === 'all' ? WORD : WORD / 2;
  const type = `${signed ? 'int' : 'uint'}${size * 8}`;
  return field(name, type, part === 'high' ? at + WORD / 2 : at, size, signed);
};

/** The layout of a call's record. Fields are named as the columns of a recording are. */
export const callLayout = (source: string, call: CallSpec): CallLayout => {
  const words: EntryWord[] = [];
  const placeOf = (from: number, through: number | undefined): number => {
    const known = words.find((word) => word.from === from && word.through === through);
    if (known !== undefined) return known.at;
    const at = SKIPPED + words.length * WORD;
    words.push({ at, from, through });
    return at;
  };
  const fields = argumentNames.flatMap((name) => {
    const found = call.args[name];
    return found === undefined ? [] : [argumentField(name, found, placeOf(found.from, found.through))];
  });
  const { ptr } = call;
  // A place of its own for what is written: the argument word beside it stays what it was.
  const written = ptr?.how === 'returned' ? SKIPPED + words.length * WORD : undefined;
  if (ptr !== undefined && written !== undefined) words.push({ at: written, from: ptr.slot, through: undefined });
  const given = ptr?.how === 'given' ? placeOf(ptr.slot, undefined) : undefined;
  const pointer = written ?? given;
  const ret = SKIPPED + words.length * WORD;
  const duration = ret + WORD;
  const all = [
    ...fields,
    ...(pointer === undefined ? [] : [field('ptr', 'address of the program', pointer, WORD, false)]),
    field('ret', 'int32', ret, WORD / 2, true),
    field('duration_ns', 'uint64', duration, WORD, false),
  ];
  const size = duration + WORD;
  const format = { category: source, name: call.op, id: call.id, fields: all, size };
  return { ...{ call, format, words, ret, duration, written, size } };
};

/** Whether a field is known only when the call returns. */
export const isKnownAtReturn = (name: string, { written }: CallLayout): boolean =>
  name === 'ret' || name === 'duration_ns' || (name === 'ptr' && written !== undefined);
