// The data loader sleeps before each batch; the trainer waits for it at a pipe.
import { AHEAD, during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const loaderSleeps: Incident = {
  name: 'loader-sleeps',
  family: 'ipc',
  doc: 'the data loader sleeps before each batch',
  cast: ({ random, faulty }) => {
    const late = random.whole(30, 70) * 1000;
    const load = (us: number) => ['await 9', 'sleep 1000', `sleep ${us}`, 'put 0'];
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          ...AHEAD,
          during(0, END_MS, 'get 0', 'post 9', ...step(`compute ${random.whole(1500, 3000)}`)),
          'process loader',
          during(0, FAULT_MS, ...load(1000)),
          during(FAULT_MS, END_MS + 500, ...load(faulty ? late : 1000)),
        ),
      },
    };
  },
  root: { kinds: ['sleep'], who: ['loader'] },
  path: ['ipc', 'sleep'],
};
