// The loop sleeps by itself: nobody else has a part in it.
import { type Incident, script, step, turning } from '../incident.ts';

export const sleepInStep: Incident = {
  name: 'sleep-in-step',
  family: 'sleep',
  doc: 'each step sleeps by its own code',
  cast: ({ random, faulty }) => {
    const work = step(`compute ${random.whole(2000, 3000)}`);
    const nap = `sleep ${random.whole(30, 70) * 1000}`;
    return { victim: { script: script('process trainer', 'gpu', turning(work, faulty ? [...work, nap] : work)) } };
  },
  root: { kinds: ['sleep'], who: ['self'] },
  path: ['sleep'],
};
