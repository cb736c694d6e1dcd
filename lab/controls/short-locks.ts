// A lock that is taken often and held shortly is no contention.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const shortLocks: Control = {
  name: 'short-locks',
  doc: 'a lock that all threads use, each for a moment',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'cpu 0',
        'gpu',
        during(0, END_MS, 'lock 0', 'unlock 0', ...step(`compute ${random.whole(2000, 3000)}`)),
        'thread other',
        'cpu 1',
        during(0, END_MS + 500, 'lock 0', 'compute 30', 'unlock 0', 'sleep 2000'),
      ),
    },
  }),
};
