// Who ran on a CPU in a stretch of time, cut out of the flight recorder. Each turn is written once.
import type { Clock } from '../capture/clock.ts';
import { textAt, timeSince, wide } from '../capture/event-words.ts';
import { cpuOf, type MemoryRing, numberOf, positionOf } from '../capture/memory-ring.ts';
import type { WaitWriter } from '../store/wait-writer.ts';
import { recordWords } from './interval.ts';
import type { Threads } from './threads.ts';

const IDLE = 'swapper';
/** Shorter waits for a CPU, in ns: that the CPU had to wake up first explains nothing. */
const IDLE_MATTERS = 50_000;

export type Span = { readonly from: number; readonly to: number };
/** `gone`: the recorder had gone on over a part of it; `later`: the turn at its end has not ended yet. */
export type Kept = 'kept' | 'gone' | 'later';
export type Occupants = {
  /** Writes who ran on a CPU in `span`; `position` is that of a record of that CPU at its end, where it is known. */
  readonly keep: (cpu: number, span: Span, position?: number) => Kept;
};

type Parts = {
  readonly history: MemoryRing;
  readonly clock: Clock;
  readonly threads: Threads;
  readonly writer: WaitWriter;
};

export const createOccupants = ({ history, clock, threads, writer }: Parts): Occupants => {
  const { words } = history;
  /** For each slot the position of the record whose turn before was written; 0 for none. */
  const written = new Float64Array(history.cpus * history.slots);
  const onOf = (at: number) => timeSince(words, at + recordWords.on, clock);

  /** Number of the first record of a CPU that begins at a time or later; undefined when none does. */
  const firstAfter = (cpu: number, time: number): number | undefined => {
    const last = numberOf(history.last(cpu));
    let low = Math.max(1, last - history.slots + 2);
    let high = last + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const at = history.find(positionOf(middle, cpu));
      // Overwritten meanwhile: whatever is sought lies later.
      if (at < 0 || onOf(at) < time) low = middle + 1;
      else high = middle;
    }
    return low > last ? undefined : low;
  };

  const write = (cpu: number, at: number, next: number, withIdle: boolean) => {
    const on = onOf(at);
    const end = onOf(next);
    const idle = wide(words, next + recordWords.idleSince);
    const left = idle === 0 ? end : timeSince(words, next + recordWords.idleSince, clock);
    if (withIdle && left < end) writer.runSlice(left, end - left, cpu, threads.idNamed(0, 0, IDLE));
    if (left <= on) return;
    const comm = textAt(words, at + recordWords.comm, 16);
    const thread = threads.idNamed(words[at + recordWords.pid] ?? 0, words[at + recordWords.tid] ?? 0, comm);
    writer.runSlice(on, left - on, cpu, thread);
  };

  return {
    keep: (cpu, { from, to }, position) => {
      if (cpu >= history.cpus) return 'gone';
      let number = position !== undefined && cpuOf(position) === cpu ? numberOf(position) : firstAfter(cpu, to);
      if (number === undefined) return 'later';
      let next = history.find(positionOf(number, cpu));
      while (next >= 0) {
        if (onOf(next) <= from) return 'kept';
        const key = positionOf(number, cpu);
        number--;
        const at = history.find(positionOf(number, cpu));
        if (at < 0) break;
        if (onOf(at) < to && written[history.slotOf(key)] !== key) {
          written[history.slotOf(key)] = key;
          write(cpu, at, next, to - from >= IDLE_MATTERS);
        }
        next = at;
      }
      return number === 0 ? 'kept' : 'gone';
    },
  };
};
