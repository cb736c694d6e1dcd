// Gives the arguments of a call their id in `call_args` from the raw words of the event, without allocating: nearly all
// calls repeat arguments that were seen before.

import { wide } from '../capture/event-words.ts';
import { argumentNames } from '../catalogue/arguments.ts';
import { callById } from '../catalogue/calls.ts';
import { type ArgumentPlace, planOf } from '../catalogue/derive/call-plan.ts';
import { CALL_WEIGHT_BITS, CALL_WEIGHT_SHIFT, callFlags, KEPT_WORDS } from '../catalogue/events.ts';
import type { RecordingWriter } from '../store/writer.ts';

const SLOTS = 1 << 16;
const MOST = SLOTS / 2;
/** 32-bit words that make up a key: the call with its flags, and the kept words. */
const KEY = 1 + KEPT_WORDS * 2;
const WEIGHT = ((1 << CALL_WEIGHT_BITS) - 1) << CALL_WEIGHT_SHIFT;
/** How many calls an event stands for. */
const weightOf = (flags: number): number => 2 ** ((flags & WEIGHT) >>> CALL_WEIGHT_SHIFT);

const argumentAt = (words: Uint32Array, at: number, { word, part }: ArgumentPlace): number => {
  const from = at + word * 2;
  if (part === 'all') return wide(words, from);
  return words[part === 'low' ? from : from + 1] ?? 0;
};

/** `idOf(words, kept, op, flags)`: `kept` is the index of the first kept word of the event. */
export const createArgumentCache = (writer: RecordingWriter) => {
  const keys = new Uint32Array(SLOTS * KEY);
  const ids = new Float64Array(SLOTS);
  const places = new Map<number, readonly ArgumentPlace[]>(
    [...callById].map(([id, call]) => [id, planOf(call).places]),
  );
  const columns = new Map(argumentNames.map((name, index) => [name, index]));
  let used = 0;

  writer.onForget(() => {
    ids.fill(0);
    used = 0;
  });

  const read = (words: Uint32Array, kept: number, op: number, flags: number): number => {
    const values = new Array<number | null>(argumentNames.length).fill(null);
    for (const place of places.get(op) ?? []) values[columns.get(place.name) ?? 0] = argumentAt(words, kept, place);
    return writer.argumentsId(values, (flags & callFlags.perThreadStream) !== 0, weightOf(flags));
  };

  const matches = (slot: number, words: Uint32Array, kept: number, first: number): boolean => {
    const key = slot * KEY;
    if (keys[key] !== first) return false;
    for (let i = 0; i < KEY - 1; i++) if (keys[key + 1 + i] !== words[kept + i]) return false;
    return true;
  };

  return {
    idOf: (words: Uint32Array, kept: number, op: number, flags: number): number => {
      const first = (op | ((flags & (callFlags.perThreadStream | WEIGHT)) << 16)) >>> 0;
      let hash = first;
      for (let i = 0; i < KEY - 1; i++) hash = Math.imul(hash ^ (words[kept + i] ?? 0), 0x9e3779b1) ^ (hash >>> 15);
      let slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
      for (;;) {
        const id = ids[slot] ?? 0;
        if (id === 0) break;
        if (matches(slot, words, kept, first)) return id;
        slot = (slot + 1) & (SLOTS - 1);
      }
      // A table that fills up is emptied: what comes again is looked up once more.
      if (++used > MOST) {
        ids.fill(0);
        used = 1;
      }
      keys[slot * KEY] = first;
      for (let i = 0; i < KEY - 1; i++) keys[slot * KEY + 1 + i] = words[kept + i] ?? 0;
      const id = read(words, kept, op, flags);
      ids[slot] = id;
      return id;
    },
  };
};
