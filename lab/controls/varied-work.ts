// Steps that compute a little more or less, as real data makes them.
import { type Control, during, END_MS, script } from '../incident.ts';

export const variedWork: Control = {
  name: 'varied-work',
  doc: 'steps of varied length, by their own work',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'gpu',
        during(
          0,
          END_MS,
          ...Array.from({ length: 12 }, () => [
            `launch ${random.whole(15, 30)}`,
            `compute ${random.whole(1500, 2700)}`,
            'sync',
          ]).flat(),
        ),
      ),
    },
  }),
};
