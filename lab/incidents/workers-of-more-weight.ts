// Eight threads of the usual priority take the CPU from a trainer that is nice.
import { during, END_MS, FAULT_MS, type Incident, script, step, turning } from '../incident.ts';

export const workersOfMoreWeight: Incident = {
  name: 'workers-of-more-weight',
  family: 'scheduler',
  doc: 'workers of the usual priority take the CPU from a trainer that is nice',
  cast: ({ random, faulty }) => {
    const cpu = random.whole(0, 1);
    const work = step(`compute ${random.whole(1500, 3000)}`);
    const workers = Array.from({ length: random.whole(3, 8) }, (_, i) =>
      script(i === 0 ? 'process worker' : 'thread worker', `cpu ${cpu}`, during(FAULT_MS, END_MS, 'compute 3000')),
    );
    return {
      victim: { script: script('process trainer', `cpu ${cpu}`, 'nice 5', 'gpu', turning(work, work)) },
      others: faulty ? [{ script: workers.join('') }] : [],
    };
  },
  root: { kinds: ['runnable'], who: ['worker'] },
  path: ['runnable'],
};
