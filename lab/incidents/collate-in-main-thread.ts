// The main thread puts the batch together itself, and the device has nothing to do meanwhile.
import { type Incident, script, step, turning } from '../incident.ts';

export const collateInMainThread: Incident = {
  name: 'collate-in-main-thread',
  family: 'own_code',
  doc: 'the main thread computes each batch itself',
  cast: ({ random, faulty }) => {
    const usual = random.whole(200, 400);
    const work = (us: number) => [`collate ${us}`, ...step('compute 2000')];
    const long = usual + random.whole(25, 50) * 1000;
    return { victim: { script: script('process trainer', 'gpu', turning(work(usual), work(faulty ? long : usual))) } };
  },
  root: { kinds: ['on_cpu'], who: ['self'] },
  path: ['on_cpu'],
};
