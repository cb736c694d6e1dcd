// More kernels are launched than the device's queue holds: the launch itself waits.
import { type Incident, script, step, turning } from '../incident.ts';

export const fullLaunchQueue: Incident = {
  name: 'full-launch-queue',
  family: 'gpu',
  doc: 'launches wait since the queue of the device is full',
  cast: ({ random, faulty }) => {
    const work = step(`compute ${random.whole(2000, 3000)}`);
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          turning(work, faulty ? [...work, `launch ${random.whole(90, 120)}`, 'sync'] : work),
        ),
        env: { CUDASIM_QUEUE: '64', CUDASIM_KERNEL_US: '3000' },
      },
    };
  },
  root: { kinds: ['gpu_wait'], who: ['self'], what: /GPU|launch|futex|stream/i },
  path: ['gpu_wait'],
};
