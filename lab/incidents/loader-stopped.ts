// The process that must answer is stopped by a signal for a while, again and again.
import { AHEAD, during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const loaderStopped: Incident = {
  name: 'loader-stopped',
  family: 'signal',
  doc: 'somebody stops the data loader by a signal for a while, again and again',
  cast: ({ random, faulty }) => {
    const stopped = random.whole(50, 90) * 1000;
    const stop = ['signal 1 19', `sleep ${stopped}`, 'signal 1 18', 'sleep 100000'];
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          ...AHEAD,
          during(0, END_MS, 'get 0', 'post 9', ...step(`compute ${random.whole(1000, 2000)}`)),
          'process loader',
          during(0, END_MS + 500, 'await 9', 'compute 3500', 'put 0'),
          'process operator',
          during(FAULT_MS, END_MS, ...(faulty ? stop : ['sleep 50000'])),
          'signal 1 18',
        ),
      },
    };
  },
  root: { kinds: ['signal'], who: ['operator'] },
  path: ['ipc', 'signal'],
};
