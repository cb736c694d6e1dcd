// Calls and their stacks: from the words of the ring to rows. This is the hot path of a recording.
import type { Clock } from '../capture/clock.ts';
import { eventWords, PID, TID, timeSince, wide } from '../capture/event-words.ts';
import type { EventHandler } from '../capture/ring.ts';
import type { Resolver } from '../capture/symbols/resolver.ts';
import { callFlags } from '../catalogue/events.ts';
import type { FrameRow, RecordingWriter } from '../store/writer.ts';
import { createArgumentCache } from './argument-cache.ts';
import type { Threads } from './threads.ts';

const START = eventWords.call('start');
const DURATION = eventWords.call('duration');
const RET = eventWords.call('ret');
const PTR = eventWords.call('ptr');
const KEPT = eventWords.call('kept');
const OP_AND_DEPTH = eventWords.call('op');
const FLAGS = eventWords.call('flags');
const STACK_START = eventWords.stack('start');
const STACK_FRAMES = eventWords.stack('frames');
const STACK_ADDRESS = eventWords.stack('address');

type Parts = {
  readonly writer: RecordingWriter;
  readonly threads: Threads;
  readonly resolver: Resolver;
  readonly clock: Clock;
};

/** Handlers for the events `call` and `stack`. */
export const createCallEvents = ({
  writer,
  threads,
  resolver,
  clock,
}: Parts): { readonly call: EventHandler; readonly stack: EventHandler } => {
  const args = createArgumentCache(writer);
  /** Stacks whose call is the next event of their thread. */
  const pending = new Map<number, { readonly start: number; readonly id: number }>();

  const stackOf = (tid: number, start: number): number => {
    const found = pending.get(tid);
    if (found === undefined) return 0;
    pending.delete(tid);
    return found.start === start ? found.id : 0;
  };

  return {
    call: (words, at) => {
      const pid = words[at + PID] ?? 0;
      const tid = words[at + TID] ?? 0;
      const start = timeSince(words, at + START, clock);
      const duration = wide(words, at + DURATION);
      // The calls of the catalogue return an int: only the low half of the register counts.
      const ret = (words[at + RET] ?? 0) | 0;
      const opAndDepth = words[at + OP_AND_DEPTH] ?? 0;
      const op = opAndDepth & 0xffff;
      const flags = words[at + FLAGS] ?? 0;
      writer.call(
        start,
        duration,
        threads.idOf(pid, tid),
        op,
        opAndDepth >>> 16,
        ret,
        args.idOf(words, at + KEPT, op, flags),
        wide(words, at + PTR),
        (flags & callFlags.stack) === 0 ? 0 : stackOf(tid, start),
      );
      writer.totals.add(pid, op, start + duration, duration, ret !== 0);
    },
    stack: (words, at) => {
      const pid = words[at + PID] ?? 0;
      const tid = words[at + TID] ?? 0;
      const count = words[at + STACK_FRAMES] ?? 0;
      const frames: FrameRow[] = [];
      for (let i = 0; i < count; i++) {
        const address = wide(words, at + STACK_ADDRESS + i * 2);
        // A return address stands behind its call: the call itself is before it.
        const { name, module, offset } = resolver.resolve(pid, address - 1);
        frames.push({ name: name ?? null, module: module ?? null, offset });
      }
      pending.set(tid, { start: timeSince(words, at + STACK_START, clock), id: writer.stackId(pid, frames) });
    },
  };
};
