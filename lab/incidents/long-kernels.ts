// Steps launch many more kernels: the wait for the device gets longer.
import { type Incident, script, step, turning } from '../incident.ts';

export const longKernels: Incident = {
  name: 'long-kernels',
  family: 'gpu',
  doc: 'some steps give the device ten times the work, and wait for it',
  cast: ({ random, faulty }) => {
    const work = step(`compute ${random.whole(2000, 3000)}`);
    const heavy = [...work, ...work, ...work, ...work, `launch ${faulty ? random.whole(300, 600) : 20}`, 'sync'];
    return { victim: { script: script('process trainer', 'gpu', turning(work, heavy)) } };
  },
  root: { kinds: ['gpu_wait'], who: ['self'], what: /GPU|Synchronize|futex|stream|launch/i },
  path: ['gpu_wait'],
};
