// A program whose CPU is full with its own work, from beginning to end.
import { type Control, during, END_MS, script } from '../incident.ts';

export const busyCpu: Control = {
  name: 'busy-cpu',
  doc: 'the program computes all the time, as it should',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'gpu',
        during(0, END_MS, 'launch 100', `compute ${random.whole(14, 18) * 1000}`, 'sync'),
      ),
    },
  }),
};
