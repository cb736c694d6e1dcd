// Minor faults that belong to the step, as many in each.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const steadyAllocation: Control = {
  name: 'steady-allocation',
  doc: 'each step allocates and frees the same memory',
  cast: ({ random }) => ({
    victim: {
      script: script('process trainer', 'gpu', during(0, END_MS, ...step(`touch ${random.whole(2, 4)}`))),
    },
  }),
};
