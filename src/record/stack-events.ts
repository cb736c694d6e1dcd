// Stacks: each gets its row as it is read, and its frames once another thread has found their names.
import type { Clock } from '../capture/clock.ts';
import { eventWords, PID, TID, timeSince } from '../capture/event-words.ts';
import type { EventHandler } from '../capture/ring.ts';
import type { NamedStack } from '../capture/stacks/messages.ts';
import type { Namer } from '../capture/stacks/namer.ts';
import { layoutOf } from '../catalogue/derive/layout.ts';
import { type EventName, events, stackReasons } from '../catalogue/events.ts';
import type { StackWriter } from '../store/stack-writer.ts';
import type { Threads } from './threads.ts';

const CPU = 1;
const TIME = eventWords.stack('time');
const REASON = eventWords.stack('reason');
const WEIGHT = eventWords.stack('weight');
const OP = eventWords.stack('op');
/** Stacks that wait for the event they belong to, which may have been lost. */
const REMEMBERED = 100_000;

const wordsIn = (name: EventName) => layoutOf(events[name].fields).size / 4;

export type StackEvents = {
  /** Handlers by the id of their event. */
  readonly handlers: ReadonlyMap<number, EventHandler>;
  /** The stack of the call that a thread entered, or of the wait that it began, at a time: its taken_stack.id, 0 for none. */
  readonly ofCall: (tid: number, start: number) => number;
  readonly ofWait: (tid: number, start: number) => number;
  /** Stacks whose names have been found. */
  readonly named: (stacks: readonly NamedStack[]) => void;
  readonly newKeys: () => void;
};

type Parts = {
  readonly writer: StackWriter;
  readonly namer: Namer;
  readonly threads: Threads;
  readonly clock: Clock;
};

export const createStackEvents = ({ writer, namer, threads, clock }: Parts): StackEvents => {
  /** By thread: a call that returns has been read before its call, on the same CPU. */
  const calls = new Map<number, { readonly time: number; readonly taken: number }>();
  /** A wait may end on another CPU than it began, and be read before its stack: whichever comes first gives the number. */
  const waits = new Map<string, number>();
  /** Rows of stacks by the key that the namer gave them. */
  const rows = new Map<number, number>();

  const forward = (name: EventName): EventHandler => {
    const length = wordsIn(name);
    const isNeeded = name === 'python_code' || name === 'python_table';
    return (words, at) => namer.add(words, at, length, 0, isNeeded);
  };
  const length = wordsIn('stack');

  const takenOf = (tid: number, start: number, weight?: number): number => {
    const key = `${tid} ${start}`;
    const found = waits.get(key);
    if (found !== undefined) {
      waits.delete(key);
      if (weight !== undefined && weight !== 1) writer.weigh(found, weight);
      return found;
    }
    const taken = writer.take(stackReasons.wait, weight ?? 1);
    if (waits.size >= REMEMBERED) waits.clear();
    waits.set(key, taken);
    return taken;
  };

  const stack: EventHandler = (words, at) => {
    const pid = words[at + PID] ?? 0;
    const tid = words[at + TID] ?? 0;
    const time = timeSince(words, at + TIME, clock);
    const reason = words[at + REASON] ?? 0;
    let taken: number;
    if (reason === stackReasons.wait) {
      taken = takenOf(tid, time, words[at + WEIGHT] ?? 1);
    } else {
      const op = words[at + OP] ?? 0;
      taken = writer.take(reason, words[at + WEIGHT] ?? 1, op === 0 ? null : op);
      if (reason === stackReasons.call) calls.set(tid, { time, taken });
      else writer.sample(time, threads.idOf(pid, tid), words[at + CPU] ?? 0, taken);
    }
    namer.add(words, at, length, taken);
  };

  return {
    handlers: new Map([
      [events.stack.id, stack],
      ...(['stack_memory', 'python_stack', 'python_code', 'python_table'] as const).map(
        (name): [number, EventHandler] => [events[name].id, forward(name)],
      ),
    ]),
    ofCall: (tid, start) => {
      const found = calls.get(tid);
      if (found === undefined) return 0;
      calls.delete(tid);
      return found.time === start ? found.taken : 0;
    },
    ofWait: (tid, start) => takenOf(tid, start),
    named: (stacks) => {
      for (const { taken, pid, key, named } of stacks) {
        if (named !== undefined) {
          const row = writer.define(taken, pid, named.frames, named.complete);
          if (key !== 0) rows.set(key, row);
        }
        const known = rows.get(key) ?? 0;
        if (named === undefined && known !== 0) writer.same(taken, known);
      }
    },
    newKeys: () => rows.clear(),
  };
};
