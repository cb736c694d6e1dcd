// A program that the device limits: that is how it should be.
import { type Control, during, END_MS, script } from '../incident.ts';

export const heavyKernels: Control = {
  name: 'heavy-kernels',
  doc: 'every step waits long for the device, from first to last',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'gpu',
        during(0, END_MS, `launch ${random.whole(20, 40)}`, 'compute 1000', 'sync'),
      ),
      env: { CUDASIM_KERNEL_US: '1000' },
    },
  }),
};
