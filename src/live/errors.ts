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
    ({ line, text, why }: { line: number; text: string; why: string }) => ({
      what: `line ${line} of the allow-list cannot be used: ${text}`,
      why,
      todo: 'write a rule, the path of a program, and if you like the path of its parent',
    }),
    2,
  ),
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
