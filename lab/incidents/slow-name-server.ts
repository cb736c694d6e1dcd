// A server that names are asked from over UDP answers late now and then.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const slowNameServer: Incident = {
  name: 'slow-name-server',
  family: 'network',
  doc: 'a name server answers over UDP after hundreds of milliseconds',
  cast: ({ random, faulty }) => {
    const port = random.whole(20_000, 29_000);
    const late = random.whole(300, 500) * 1000;
    const answer = (us: number) => ['hear 1 64', `sleep ${us}`, 'say 2 64'];
    const work = step(`compute ${random.whole(2000, 3000)}`);
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          `dial ${port} 2`,
          during(200, END_MS, 'say 1 64', 'hear 2 64', 'times 20', ...work, 'end'),
        ),
      },
      others: [
        {
          script: script(
            'process resolver',
            `serve ${port} 2`,
            during(0, FAULT_MS, ...answer(200)),
            during(FAULT_MS, END_MS + 5000, ...answer(faulty ? late : 200)),
          ),
        },
      ],
    };
  },
  root: { kinds: ['sleep', 'network'], who: ['resolver'] },
  path: ['network'],
};
