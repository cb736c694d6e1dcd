// A hog on a CPU that the trainer does not use.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const busyNeighbour: Control = {
  name: 'busy-neighbour',
  doc: 'another process burns the other CPU',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'cpu 0',
        'gpu',
        during(0, END_MS, ...step(`compute ${random.whole(2000, 3000)}`)),
      ),
    },
    others: [{ script: script('process stress', 'cpu 1', during(500, END_MS - 500, 'compute 5000')) }],
  }),
};
