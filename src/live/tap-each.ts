// Several subscriptions of a watch as one: what could not be started is kept with why, the rest goes on.
import { messageOf } from '../base/errors.ts';
import type { LiveEvent } from '../capture/live/decode.ts';
import type { Tap, Tapped } from '../capture/live/tap.ts';
import type { Watching } from './watch-parts.ts';

/** `rule` is what `missing` names; `onEvent` gets the event and its name. */
export type Wanted = {
  readonly rule: string;
  readonly expression: string;
  readonly onEvent: (event: LiveEvent, name: string) => void;
};

/**
 * Starts them all, each with at most `rate` events a second; `wake`: heard of at once, for processes that
 * are gone soon, else within 100 ms.
 */
export const tapEach = (
  tap: Tap,
  wanted: readonly Wanted[],
  { rate, wake }: { readonly rate: number; readonly wake: boolean },
): Pick<Watching, 'missing' | 'unseen'> & { readonly stop: () => void } => {
  const tapped: Tapped[] = [];
  const missing: Watching['missing'][number][] = [];
  for (const { rule, expression, onEvent } of wanted) {
    const [name = expression] = expression.split(' ');
    try {
      tapped.push(tap.subscribe(expression, { sample: 1, rate, wake, lazy: !wake }, (event) => onEvent(event, name)));
    } catch (thrown) {
      missing.push({ rule, event: name, why: messageOf(thrown) });
    }
  }
  return {
    missing,
    unseen: () => tapped.reduce((sum, one) => sum + one.counts().limited + one.counts().lost, 0),
    stop: () => {
      for (const one of tapped) one.stop();
    },
  };
};
