// The one error that both the desk and whoever stands before it must give in the same words: else a caller could tell a
// subscription of somebody else from none.
import { defineError } from './errors.ts';

export const noSubscription = defineError(
  'no_such_subscription',
  ({ id, known }: { id: string; known: readonly string[] }) => ({
    what: `there is no subscription ${id}`,
    why:
      known.length > 0
        ? `the ones that exist are ${known.join(', ')}`
        : 'none exists: they end by themselves, and with this program',
    todo: 'subscribe anew',
  }),
  2,
);
