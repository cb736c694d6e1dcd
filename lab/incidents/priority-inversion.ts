// The holder of a lock does not get its CPU: a process of real-time priority takes it each time that the lock is held.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const priorityInversion: Incident = {
  name: 'priority-inversion',
  family: 'lock',
  doc: 'the holder of a lock waits for its CPU behind a real-time process',
  cast: ({ random, faulty }) => {
    const burst = faulty ? random.whole(25, 40) * 1000 : 100;
    return {
      victim: {
        script: script(
          'process trainer',
          'cpu 1',
          'gpu',
          during(0, END_MS, 'lock 0', 'unlock 0', ...step(`compute ${random.whole(1000, 2000)}`)),
          'thread collector',
          'cpu 0',
          during(0, END_MS + 500, 'lock 0', 'post 5', 'compute 500', 'unlock 0', 'sleep 60000'),
          'process realtime',
          'cpu 0',
          'fifo 20',
          during(0, FAULT_MS, 'await 5', 'compute 100'),
          during(FAULT_MS, END_MS + 500, 'await 5', `compute ${burst}`),
        ),
      },
    };
  },
  root: { kinds: ['runnable'], who: ['realtime'] },
  path: ['lock', 'runnable'],
};
