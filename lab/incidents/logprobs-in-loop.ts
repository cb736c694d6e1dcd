// One request asks for what makes every step of the shared loop longer.
import { type Incident, script, step, turning } from '../incident.ts';

export const logprobsInLoop: Incident = {
  name: 'logprobs-in-loop',
  family: 'own_code',
  doc: 'one request makes every step of the shared loop compute more',
  cast: ({ random, faulty }) => {
    const usual = random.whole(200, 400);
    const work = (us: number) => [`logprobs ${us}`, ...step('compute 2000')];
    const long = usual + random.whole(25, 50) * 1000;
    return { victim: { script: script('process trainer', 'gpu', turning(work(usual), work(faulty ? long : usual))) } };
  },
  root: { kinds: ['on_cpu'], who: ['self'] },
  path: ['on_cpu'],
};
