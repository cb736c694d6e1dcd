// Several subscriptions of a watch as one: what could not be started is kept with why, the rest goes on.
import { messageOf } from '../base/errors.ts';
import type { LiveEvent } from '../capture/live/decode.ts';
import type { Tap, Tapped } from '../capture/live/tap.ts';
import type { Watching } from './watch-parts.ts';

/** What one rule did not see since it was asked last, and who made most of what it saw. */
export type Flood = {
  readonly rule: string;
  readonly unseen: number;
  /** Its last event, and how many of it were delivered. */
  readonly loudest: LiveEvent;
  readonly delivered: number;
};

/** Processes of one rule that are counted. */
const MOST_PIDS = 4096;

/** `rule` is what `missing` names; `onEvent` gets the event, its name, and the key of its socket, which is told to nobody. */
export type Wanted = {
  readonly rule: string;
  readonly expression: string;
  readonly onEvent: (event: LiveEvent, name: string, socket?: string) => void;
};

/**
 * Starts them all, each with at most `rate` events a second; `wake`: heard of at once, for processes that
 * are gone soon, else within 100 ms.
 */
export const tapEach = (
  tap: Tap,
  wanted: readonly Wanted[],
  { rate, wake }: { readonly rate: number; readonly wake: boolean },
): Pick<Watching, 'missing' | 'unseen'> & {
  /** Rules that saw not all since the last call. */
  readonly floods: () => readonly Flood[];
  readonly stop: () => void;
} => {
  const tapped: { readonly rule: string; readonly tap: Tapped }[] = [];
  const delivered = new Map<string, Map<number, { count: number; last: LiveEvent }>>();
  const told = new Map<string, number>();
  const note = (rule: string, event: LiveEvent) => {
    const pids = delivered.get(rule) ?? new Map<number, { count: number; last: LiveEvent }>();
    delivered.set(rule, pids);
    if (pids.size < MOST_PIDS || pids.has(event.pid))
      pids.set(event.pid, { count: (pids.get(event.pid)?.count ?? 0) + 1, last: event });
  };
  const unseen = () => {
    const sums = new Map<string, number>();
    for (const { rule, tap: one } of tapped) {
      const { limited, lost } = one.counts();
      if (limited + lost > 0) sums.set(rule, (sums.get(rule) ?? 0) + limited + lost);
    }
    return sums;
  };

  const missing: Watching['missing'][number][] = [];
  for (const { rule, expression, onEvent } of wanted) {
    const [name = expression] = expression.split(' ');
    try {
      const hear = (event: LiveEvent, socket?: string) => {
        note(rule, event);
        onEvent(event, name, socket);
      };
      tapped.push({ rule, tap: tap.subscribe(expression, { sample: 1, rate, wake, lazy: !wake }, hear) });
    } catch (thrown) {
      missing.push({ rule, event: name, why: messageOf(thrown) });
    }
  }
  return {
    missing,
    unseen,
    floods: () => {
      const floods = [...unseen()].flatMap(([rule, total]): Flood[] => {
        const more = total - (told.get(rule) ?? 0);
        const [loudest] = [...(delivered.get(rule)?.values() ?? [])].sort((a, b) => b.count - a.count);
        if (more === 0 || loudest === undefined) return [];
        told.set(rule, total);
        return [{ rule, unseen: more, loudest: loudest.last, delivered: loudest.count }];
      });
      delivered.clear();
      return floods;
    },
    stop: () => {
      for (const { tap: one } of tapped) one.stop();
    },
  };
};
