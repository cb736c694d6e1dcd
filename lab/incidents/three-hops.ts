// A lock whose holder waits for another process that does not get its CPU.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const threeHops: Incident = {
  name: 'three-hops',
  family: 'multi',
  doc: 'the holder of a lock waits for a writer, which waits for its CPU behind a hog',
  cast: ({ random, faulty }) => ({
    victim: {
      script: script(
        'process trainer',
        'cpu 1',
        'gpu',
        during(0, END_MS, 'lock 0', 'unlock 0', ...step(`compute ${random.whole(1500, 2500)}`)),
        'thread fetcher',
        'cpu 1',
        during(0, END_MS + 500, 'lock 0', 'put 1', 'get 0', 'unlock 0', 'sleep 15000'),
        'process writer',
        'cpu 0',
        'nice 5',
        during(0, END_MS + 500, 'get 1', `compute ${random.whole(600, 1000)}`, 'put 0'),
      ),
    },
    others: faulty
      ? [
          {
            script: [0, 1, 2]
              .map((i) =>
                script(i === 0 ? 'process hog' : 'thread hog', 'cpu 0', during(FAULT_MS, END_MS, 'compute 5000')),
              )
              .join(''),
          },
        ]
      : [],
  }),
  root: { kinds: ['runnable'], who: ['hog'] },
  path: ['lock', 'ipc', 'runnable'],
};
