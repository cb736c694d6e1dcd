// New kernels are used for the first time in the middle of the work: each is loaded then.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const lazyLoading: Incident = {
  name: 'lazy-loading',
  family: 'first_call',
  doc: 'kernels are used for the first time and must be loaded',
  cast: ({ random, faulty }) => {
    const work = step(`compute ${random.whole(2000, 3000)}`);
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          during(0, FAULT_MS, ...work),
          during(FAULT_MS, END_MS, 'times 20', ...work, 'end', 'launch_new'),
        ),
        env: { CUDASIM_LAZY_LOAD_US: String(faulty ? random.whole(20, 60) * 1000 : 300) },
      },
    };
  },
  root: { kinds: ['first_call'], who: ['self'] },
  path: ['first_call'],
};
