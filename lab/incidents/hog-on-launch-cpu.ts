// A process of another user burns the CPU that the launching thread is pinned to.
import { during, END_MS, FAULT_MS, type Incident, script, step, turning } from '../incident.ts';

export const hogOnLaunchCpu: Incident = {
  name: 'hog-on-launch-cpu',
  family: 'scheduler',
  doc: 'a process burns the CPU on which the launching thread runs',
  cast: ({ random, faulty }) => {
    const cpu = random.whole(0, 1);
    const work = step(`compute ${random.whole(2000, 3000)}`);
    return {
      victim: { script: script('process trainer', `cpu ${cpu}`, 'gpu', turning(work, work)) },
      others: faulty ? [{ script: script('process hog', `cpu ${cpu}`, during(FAULT_MS, END_MS, 'compute 5000')) }] : [],
    };
  },
  root: { kinds: ['runnable'], who: ['hog'] },
  path: ['runnable'],
};
