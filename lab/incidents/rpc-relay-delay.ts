// A relay on the way to a server keeps each request for a while.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const rpcRelayDelay: Incident = {
  name: 'rpc-relay-delay',
  family: 'network',
  doc: 'a server answers each request over TCP late',
  cast: ({ random, faulty }) => {
    const port = random.whole(20_000, 29_000);
    const late = random.whole(30, 70) * 1000;
    const answer = (us: number) => ['hear 1 100', `sleep ${us}`, 'say 2 100'];
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          `dial ${port} 1`,
          during(0, END_MS, 'say 1 100', 'hear 2 100', ...step(`compute ${random.whole(1500, 3000)}`)),
        ),
      },
      others: [
        {
          script: script(
            'process relay',
            `serve ${port} 1`,
            during(0, FAULT_MS, ...answer(200)),
            during(FAULT_MS, END_MS + 5000, ...answer(faulty ? late : 200)),
          ),
        },
      ],
    };
  },
  root: { kinds: ['sleep', 'network'], who: ['relay'] },
  path: ['network'],
};
