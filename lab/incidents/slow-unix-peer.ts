// A server on a UNIX socket takes its time; the trainer waits for its answer.
import { AHEAD, during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const slowUnixPeer: Incident = {
  name: 'slow-unix-peer',
  family: 'ipc',
  doc: 'a server on a UNIX socket sleeps before each answer',
  cast: ({ random, faulty }) => {
    const late = random.whole(30, 70) * 1000;
    const load = (us: number) => ['await 9', 'sleep 1000', `sleep ${us}`, 'send 0'];
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          ...AHEAD,
          during(0, END_MS, 'receive 0', 'post 9', ...step(`compute ${random.whole(1500, 3000)}`)),
          'process tokenserver',
          during(0, FAULT_MS, ...load(1000)),
          during(FAULT_MS, END_MS + 500, ...load(faulty ? late : 1000)),
        ),
      },
    };
  },
  root: { kinds: ['sleep'], who: ['tokenserver'] },
  path: ['ipc', 'sleep'],
};
