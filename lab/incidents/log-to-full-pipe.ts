// The trainer logs into a pipe whose reader is slow: the pipe fills up and writing waits.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const logToFullPipe: Incident = {
  name: 'log-to-full-pipe',
  family: 'ipc',
  doc: 'the trainer writes its log into a full pipe whose reader sleeps',
  cast: ({ random, faulty }) => {
    const late = random.whole(20, 50) * 1000;
    const read = (us: number) => ['get 0 4096', `sleep ${us}`];
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          during(0, END_MS, 'put 0 4096', ...step(`compute ${random.whole(1500, 3000)}`)),
          'process logger',
          during(0, FAULT_MS, ...read(100)),
          during(FAULT_MS, END_MS + 500, ...read(faulty ? late : 100)),
        ),
      },
    };
  },
  root: { kinds: ['sleep'], who: ['logger'] },
  path: ['ipc', 'sleep'],
};
