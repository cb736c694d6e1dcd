// A thread sleeps while it holds the lock that the training thread needs.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const lockHeldAsleep: Incident = {
  name: 'lock-held-asleep',
  family: 'lock',
  doc: 'a checkpointing thread sleeps while it holds the lock that each step takes',
  cast: ({ random, faulty }) => {
    const held = random.whole(30, 60) * 1000;
    const holder = (ms: number) => ['lock 0', ms > 0 ? `sleep ${ms}` : 'compute 50', 'unlock 0', 'sleep 80000'];
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          during(0, END_MS, 'lock 0', 'unlock 0', ...step(`compute ${random.whole(1500, 3000)}`)),
          'thread checkpointer',
          during(0, FAULT_MS, ...holder(0)),
          during(FAULT_MS, END_MS + 500, ...holder(faulty ? held : 0)),
        ),
      },
    };
  },
  root: { kinds: ['sleep'], who: ['checkpointer'] },
  path: ['lock', 'sleep'],
};
