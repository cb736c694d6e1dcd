// What can go wrong at the live desk, in the words the user sees.
import { defineError } from '../base/errors.ts';
import { noSubscription } from '../base/no-subscription.ts';

export const errors = {
  noSubscription,
  badCursor: defineError(
    'bad_watch_cursor',
    ({ cursor }: { cursor: string }) => ({
      what: `the cursor ${cursor} is not one of this subscription`,
      why: 'it belongs to another subscription, or to one of before this program was started',
      todo: 'leave it out: then the oldest event that is kept comes first',
    }),
    2,
  ),
  noAllowList: defineError('no_allow_list', ({ path, why }: { path: string; why: string }) => ({
    what: `cannot read the allow-list ${path}`,
    why,
    todo: 'check the path; each line is a rule, a program, and if you like its parent',
  })),
  badAllowLine: defineError(
    'bad_allow_line',
    ({ line, text, why, near }: { line: number; text: string; why: string; near: string | undefined }) => ({
      what: `line ${line} of the allow-list cannot be used: ${text}`,
      why,
      todo:
        near === undefined
          ? 'write a rule, the path of a program, and if you like the path of its parent'
          : `did you mean ${near}?`,
    }),
    2,
  ),
  noColumn: defineError(
    'no_such_column',
    ({
      event,
      column,
      known,
      near,
    }: {
      event: string;
      column: string;
      known: readonly string[];
      near: string | undefined;
    }) => ({
      what: `events of ${event} cannot be counted by ${column}`,
      why: `their columns are ${known.join(', ')}`,
      todo: near === undefined ? 'name one or more of these' : `did you mean ${near}?`,
    }),
    2,
  ),
  noWatches: defineError('no_watches', (_: Record<string, never>) => ({
    what: 'no alert can be waited for here',
    why: 'the program that watches the kernel was started without the watches that raise alerts',
    todo: "start it with '--watch network' or '--watch security', or wait for events",
  })),
  tooMany: defineError('too_many_subscriptions', ({ most }: { most: number }) => ({
    what: 'cannot start one more subscription',
    why: `${most} are going on, which is the most`,
    todo: 'end one with unsubscribe',
  })),
  outOfRange: defineError(
    'out_of_range',
    ({ name, value, most }: { name: string; value: number; most: number }) => ({
      what: `${name} cannot be ${value}`,
      why: `it is a whole number from 1 to ${most}`,
      todo: `choose one from 1 to ${most}`,
    }),
    2,
  ),
} as const;
