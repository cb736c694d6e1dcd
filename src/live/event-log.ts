// The last events of one subscription, counted from its first: a reader who comes late is told how many it missed.
import type { LiveEvent } from '../base/live-desk.ts';

export type EventLog = {
  readonly add: (event: Omit<LiveEvent, 'seq'>) => LiveEvent;
  /** Number of the newest event, 0 before the first. */
  readonly last: () => number;
  /** Number of the oldest event that is kept; one more than `last` when none is. */
  readonly first: () => number;
  /** Up to `most` kept events with a number above `seq`, oldest first. */
  readonly after: (seq: number, most: number) => readonly LiveEvent[];
};

/** Keeps the last `size` events. */
export const createEventLog = (size: number): EventLog => {
  const slots: (LiveEvent | undefined)[] = [];
  let last = 0;
  const first = () => Math.max(1, last - size + 1);
  return {
    last: () => last,
    first,
    add: (event) => {
      last++;
      const numbered = { seq: last, ...event };
      slots[last % size] = numbered;
      return numbered;
    },
    after: (seq, most) => {
      const events: LiveEvent[] = [];
      for (let at = Math.max(seq + 1, first()); at <= last && events.length < most; at++) {
        const event = slots[at % size];
        if (event !== undefined) events.push(event);
      }
      return events;
    },
  };
};
