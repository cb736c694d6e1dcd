// Memory of the device is given back and asked for again while it works: the allocator waits until it is idle.
import { type Incident, script, step, turning } from '../incident.ts';

export const allocatorThrash: Incident = {
  name: 'allocator-thrash',
  family: 'gpu',
  doc: 'each step frees and allocates memory of the device while it works',
  cast: ({ random, faulty }) => {
    const burst = random.whole(150, 350);
    const work = (again: boolean) => [
      'launch 20',
      'compute 2000',
      ...(again ? [`launch ${burst}`, 'realloc 1048576'] : []),
      'sync',
    ];
    return {
      victim: {
        script: script('process trainer', 'gpu', turning([...step('compute 2000'), 'realloc 1048576'], work(faulty))),
      },
    };
  },
  root: { kinds: ['gpu_memory', 'gpu_wait'], who: ['self'], what: /GPU|cudaFree|cudaMalloc|futex|allocator/i },
  path: ['gpu_memory'],
};
