// Calls: from the words of the ring to rows. This is the hot path of a recording.
import type { Clock } from '../capture/clock.ts';
import { eventWords, PID, TID, timeSince, wide } from '../capture/event-words.ts';
import type { EventHandler } from '../capture/ring.ts';
import { callFlags } from '../catalogue/events.ts';
import type { RecordingWriter } from '../store/writer.ts';
import { createArgumentCache } from './argument-cache.ts';
import type { Threads } from './threads.ts';

const START = eventWords.call('start');
const DURATION = eventWords.call('duration');
const RET = eventWords.call('ret');
const PTR = eventWords.call('ptr');
const KEPT = eventWords.call('kept');
const OP_AND_DEPTH = eventWords.call('op');
const FLAGS = eventWords.call('flags');

type Parts = {
  readonly writer: RecordingWriter;
  readonly threads: Threads;
  readonly clock: Clock;
  /** The taken stack of the call that a thread entered at a time, 0 for none. */
  readonly stackOf: (tid: number, start: number) => number;
};

/** Handler for the event `call`. */
export const createCallEvents = ({ writer, threads, clock, stackOf }: Parts): EventHandler => {
  const args = createArgumentCache(writer);
  return (words, at) => {
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
  };
};
