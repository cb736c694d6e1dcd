// Copies of 4 KiB to 16 MiB in one loop: the long ones are long by their size.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const mixedCopies: Control = {
  name: 'mixed-copies',
  doc: 'copies of very different sizes, each as long as its size says',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'gpu',
        during(
          0,
          END_MS,
          ...step(`compute ${random.whole(1000, 2000)}`, 'upload 4096 8', 'upload 262144 2', 'upload 8388608'),
        ),
      ),
    },
  }),
};
