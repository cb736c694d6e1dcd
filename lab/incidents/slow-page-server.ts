// Page faults of the trainer are served by a thread that sleeps before it does (userfaultfd).
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const slowPageServer: Incident = {
  name: 'slow-page-server',
  family: 'page_fault',
  doc: 'a thread that serves page faults sleeps before each',
  cast: ({ random, faulty }) => {
    const late = random.whole(15, 40) * 1000;
    const serve = (us: number) => ['await_fault', `sleep ${us}`, 'serve_fault'];
    return {
      victim: {
        script: script(
          'process trainer',
          'remote_memory',
          'gpu',
          during(0, END_MS, 'fault', ...step(`compute ${random.whole(1500, 3000)}`)),
          'thread pager',
          during(0, FAULT_MS, ...serve(100)),
          during(FAULT_MS, END_MS + 500, ...serve(faulty ? late : 100)),
        ),
      },
    };
  },
  root: { kinds: ['sleep'], who: ['pager'] },
  path: ['page_fault', 'sleep'],
};
