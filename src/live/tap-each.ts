// Several subscriptions of a watch as one: what could not be started is kept with why, the rest goes on.
import { messageOf } from '../base/errors.ts';
import type { LiveEvent } from '../capture/live/decode.ts';
import type { Tap, Tapped } from '../capture/live/tap.ts';
import { createFloods, type Flood } from './floods.ts';
import type { Watching } from './watch-parts.ts';

/** `rule` is what `missing` names; `onEvent` gets the event, its name, and the key of its socket, which is told to nobody. */
export type Wanted = {
  readonly rule: string;
  readonly expression: string;
  /** Fields that tell its sources apart, where the process that runs does not. */
  readonly shareBy?: readonly string[];
  readonly onEvent: (event: LiveEvent, name: string, socket?: string) => void;
};

const unseenOf = (tap: Tapped): number => {
  const { limited, lost } = tap.counts();
  return limited + lost;
};

/**
 * Starts them all, each with at most `rate` events a second, part of them kept for others than who floods; `wake`: heard of at once,
 * for processes that are gone soon, else within half a second.
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
  const tapped = new Map<string, Tapped[]>();
  const missing: Watching['missing'][number][] = [];
  for (const { rule, expression, shareBy = [], onEvent } of wanted) {
    const [name = expression] = expression.split(' ');
    try {
      const hear = (event: LiveEvent, socket?: string) => onEvent(event, name, socket);
      const one = tap.subscribe(expression, { sample: 1, rate, wake, lazy: !wake, shareBy }, hear);
      tapped.set(rule, [...(tapped.get(rule) ?? []), one]);
    } catch (thrown) {
      missing.push({ rule, event: name, why: messageOf(thrown) });
    }
  }
  const { look } = createFloods();
  return {
    missing,
    unseen: () => {
      const sums = [...tapped].map(
        ([rule, taps]) => [rule, taps.reduce((sum, one) => sum + unseenOf(one), 0)] as const,
      );
      return new Map(sums.filter(([, sum]) => sum > 0));
    },
    floods: () =>
      [...tapped].flatMap(([rule, taps]) => {
        const flood = look(
          rule,
          taps.map((one) => ({ unseen: unseenOf(one), limitedBy: one.limitedBy })),
        );
        return flood === undefined ? [] : [flood];
      }),
    stop: () => {
      for (const one of [...tapped.values()].flat()) one.stop();
    },
  };
};
