// A lock whose holder waits for another process that does not get its CPU, since a hog has it.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const threeHops: Incident = {
  name: 'three-hops',
  family: 'multi',
  doc: 'the holder of a lock waits for a writer, which waits for its CPU behind a hog',
  cast: ({ random, faulty }) => {
    const burst = faulty ? random.whole(25, 40) * 1000 : 100;
    return {
      victim: {
        script: script(
          'process trainer',
          'cpu 1',
          'gpu',
          during(0, END_MS, 'lock 0', 'unlock 0', ...step(`compute ${random.whole(1500, 2500)}`)),
          'thread fetcher',
          'cpu 1',
          during(0, END_MS + 500, 'lock 0', 'put 1', 'get 0', 'unlock 0', 'sleep 60000'),
          'process writer',
          'cpu 0',
          during(0, END_MS + 500, 'get 1', 'post 6', `compute ${random.whole(400, 600)}`, 'put 0'),
          'process hog',
          'cpu 0',
          'fifo 10',
          during(0, FAULT_MS, 'await 6', 'compute 100'),
          during(FAULT_MS, END_MS + 500, 'await 6', `compute ${burst}`),
        ),
      },
    };
  },
  root: { kinds: ['runnable'], who: ['hog'] },
  path: ['lock', 'ipc', 'runnable'],
};
