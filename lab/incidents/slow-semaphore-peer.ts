// A process that posts a semaphore in shared memory computes for long before it does.
import { AHEAD, during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const slowSemaphorePeer: Incident = {
  name: 'slow-semaphore-peer',
  family: 'ipc',
  doc: 'a process computes long before it posts a semaphore in shared memory',
  cast: ({ random, faulty }) => {
    const late = random.whole(30, 70) * 1000;
    const load = (us: number) => ['await 9', 'sleep 1000', `compute ${us}`, 'post 0'];
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          ...AHEAD,
          during(0, END_MS, 'await 0', 'post 9', ...step(`compute ${random.whole(1500, 3000)}`)),
          'process sampler',
          during(0, FAULT_MS, ...load(1000)),
          during(FAULT_MS, END_MS + 500, ...load(faulty ? late : 1000)),
        ),
      },
    };
  },
  root: { kinds: ['on_cpu'], who: ['sampler'] },
  // To the kernel it is a futex; that another process wakes it makes it talk between processes.
  path: ['ipc', 'on_cpu'],
};
