// A thread that looks at something ten times a second, as many programs have one.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const pollThread: Control = {
  name: 'poll-thread',
  doc: 'a thread beside the training thread polls each 100 ms',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'gpu',
        during(0, END_MS, ...step(`compute ${random.whole(2000, 3000)}`)),
        'thread poller',
        during(0, END_MS + 500, 'sleep 100000', 'compute 200'),
      ),
    },
  }),
};
