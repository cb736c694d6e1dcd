// Kernels are loaded in the first steps, as in every program.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const warmUp: Control = {
  name: 'warm-up',
  doc: 'first uses at the beginning take long, and never again',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'gpu',
        'launch 1',
        'sync',
        during(50, END_MS, ...step(`compute ${random.whole(2000, 3000)}`)),
      ),
      env: { CUDASIM_LAZY_LOAD_US: '800' },
    },
  }),
};
