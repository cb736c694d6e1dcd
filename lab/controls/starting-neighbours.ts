// Programs start and end all the time on a CPU that the trainer does not use, as in a machine with many jobs.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const startingNeighbours: Control = {
  name: 'starting-neighbours',
  doc: 'short programs start and end all the time on the other CPU',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'cpu 0',
        'gpu',
        during(0, END_MS, ...step(`compute ${random.whole(2000, 3000)}`)),
      ),
    },
    others: [{ script: script('process cron', 'cpu 1', during(0, END_MS, 'execute /bin/true', 'sleep 3000')) }],
  }),
};
