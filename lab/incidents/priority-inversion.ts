// The holder of a lock does not get its CPU: a process of real-time priority has it.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const priorityInversion: Incident = {
  name: 'priority-inversion',
  family: 'lock',
  doc: 'the holder of a lock waits for its CPU behind a real-time process',
  cast: ({ random, faulty }) => {
    const burst = random.whole(30, 50) * 1000;
    return {
      victim: {
        script: script(
          'process trainer',
          'cpu 1',
          'gpu',
          during(0, END_MS, 'lock 0', 'unlock 0', ...step(`compute ${random.whole(1000, 2000)}`)),
          'thread collector',
          'cpu 0',
          during(0, END_MS + 500, 'lock 0', 'compute 500', 'unlock 0', 'sleep 6000'),
        ),
      },
      others: faulty
        ? [
            {
              script: script(
                'process realtime',
                'cpu 0',
                'fifo 20',
                during(FAULT_MS, END_MS, `compute ${burst}`, 'sleep 15000'),
              ),
            },
          ]
        : [],
    };
  },
  root: { kinds: ['runnable'], who: ['realtime'] },
  path: ['lock', 'runnable'],
};
