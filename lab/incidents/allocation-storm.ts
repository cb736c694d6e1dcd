// Each step asks for memory, touches all of it, and gives it back: a minor fault for each page.
import { type Incident, script, step, turning } from '../incident.ts';

export const allocationStorm: Incident = {
  name: 'allocation-storm',
  family: 'memory',
  doc: 'each step allocates, touches and frees much memory: minor faults',
  cast: ({ random, faulty }) => {
    const work = (mib: number) => [`touch ${mib}`, ...step(`compute ${random.whole(1000, 2000)}`)];
    const much = random.whole(80, 140);
    return { victim: { script: script('process trainer', 'gpu', turning(work(1), work(faulty ? much : 1))) } };
  },
  root: { kinds: ['on_cpu'], who: ['self'] },
  path: ['on_cpu'],
};
