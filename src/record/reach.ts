// From a wait of a traced thread to what caused it: the intervals of the tasks that woke it, of those that woke them, and so
// on, and who ran while one of them was ready. Finds them in the flight recorder; writes each once; knows no kinds of waits.
import type { Clock } from '../capture/clock.ts';
import { timeSince, wide } from '../capture/event-words.ts';
import { cpuOf, type MemoryRing, numberOf } from '../capture/memory-ring.ts';
import { offCpuFlags, wakerContexts } from '../catalogue/events.ts';
import { type Interval, intervalOfRecord, recordWords } from './interval.ts';
import type { Occupants, Span } from './occupants.ts';

/** How many wakers are followed one behind the other. */
export const DEPTH = 16;
/** Records that are looked at for one wait at most. */
const RECORDS_A_WAIT = 20_000;
/** Ready for less, in ns: who ran meanwhile explains nothing. */
const READY_MATTERS = 1000;
/** Stretches whose last turn has not ended, that wait for it. */
const MOST_UNFINISHED = 1000;

export type Reach = {
  /** Keeps what an interval of a traced thread was caused by. */
  readonly follow: (interval: Interval) => void;
  /** Tries again what could not be told yet. */
  readonly settle: () => void;
  /** Waits whose causes could not be followed to the end since the last time this was asked. */
  readonly takeLost: () => number;
};

type Parts = {
  readonly history: MemoryRing;
  readonly clock: Clock;
  readonly occupants: Occupants;
  readonly hasWaker: (interval: Interval) => boolean;
  /** Writes the interval of a task that is not traced. */
  readonly write: (interval: Interval) => void;
};

type Unfinished = { readonly cpu: number; readonly span: Span };

export const createReach = ({ history, clock, occupants, hasWaker, write }: Parts): Reach => {
  const { words } = history;
  /** For each slot the position of the record that was written; 0 for none. */
  const written = new Float64Array(history.cpus * history.slots);
  let unfinished: Unfinished[] = [];
  let lost = 0;
  let budget = 0;
  let complete = true;

  const keepOccupants = (cpu: number, span: Span, position?: number) => {
    const kept = occupants.keep(cpu, span, position);
    if (kept === 'gone') complete = false;
    if (kept !== 'later') return;
    if (unfinished.length < MOST_UNFINISHED) unfinished.push({ cpu, span });
    else complete = false;
  };
  /** A thread that was put aside waits in the queue of the CPU it left, a woken one in that of the CPU it runs on next. */
  const whoRan = ({ state, off, wake, on, cpuOff, cpuOn, position }: Interval) => {
    const from = state === 0 ? off : (wake ?? on);
    if (on - from < READY_MATTERS) return;
    keepOccupants(cpuOn, { from, to: on }, position);
    if (state === 0 && cpuOff !== cpuOn) keepOccupants(cpuOff, { from, to: on });
  };

  /** Follows the records of one task back in time, as far as they overlap `span`. */
  const walk = (last: number, tid: number, span: Span, depth: number): void => {
    let position = last;
    while (position !== 0) {
      const at = history.find(position);
      // Where the kernel side could only say which record would be the waker's, it may be that of another task, or none yet.
      if (at < 0 ? numberOf(position) > numberOf(history.last(cpuOf(position))) : words[at + recordWords.tid] !== tid)
        return;
      if (at < 0 || budget-- <= 0) {
        complete = false;
        return;
      }
      if (timeSince(words, at + recordWords.on, clock) <= span.from) return;
      // Of a traced task all is written by itself.
      if (((words[at + recordWords.flags] ?? 0) & offCpuFlags.sent) !== 0) return;
      if (wide(words, at + recordWords.off) === 0) return;
      const interval = intervalOfRecord(words, at, clock);
      const slot = history.slotOf(position);
      const isNew = written[slot] !== position;
      if (isNew) {
        written[slot] = position;
        write(interval);
        whoRan(interval);
      }
      causes(interval, span, depth);
      // What it did before ended before the span began: that its record may be gone takes nothing away.
      if (interval.off <= span.from) return;
      position = wide(words, at + recordWords.earlier);
    }
  };

  const causes = (interval: Interval, span: Span, depth: number): void => {
    if (depth >= DEPTH || interval.wake === undefined || interval.state === 0) return;
    const byRequest = interval.wakerContext === wakerContexts.block;
    if (byRequest || interval.waker === 0 || !hasWaker(interval)) return;
    const from = Math.max(span.from, interval.off);
    const to = Math.min(span.to, interval.wake);
    if (to > from) walk(interval.waker, interval.wakerTid, { from, to }, depth + 1);
  };

  return {
    follow: (interval) => {
      budget = RECORDS_A_WAIT;
      complete = true;
      whoRan(interval);
      causes(interval, { from: interval.off, to: interval.on }, 0);
      if (!complete) lost++;
    },
    settle: () => {
      const again = unfinished;
      unfinished = [];
      for (const { cpu, span } of again) {
        complete = true;
        keepOccupants(cpu, span);
        if (!complete) lost++;
      }
    },
    takeLost: () => {
      const taken = lost;
      lost = 0;
      return taken;
    },
  };
};
