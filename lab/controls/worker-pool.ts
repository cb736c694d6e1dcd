// Threads of the same program that wait for each other hundreds of times a second, off the critical path.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const workerPool: Control = {
  name: 'worker-pool',
  doc: 'a pool of threads hands work to and fro beside the training thread',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'cpu 0',
        'gpu',
        during(0, END_MS, ...step(`compute ${random.whole(2000, 3000)}`)),
        'thread giver',
        'cpu 1',
        during(0, END_MS + 500, 'post 0', 'sleep 1000'),
        'thread taker',
        'cpu 1',
        during(0, END_MS + 500, 'await 0', 'compute 100'),
      ),
    },
  }),
};
