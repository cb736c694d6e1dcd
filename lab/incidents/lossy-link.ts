// The link to the server loses packets: what TCP sends again comes a good while later.
import { during, END_MS, type Incident, script, step } from '../incident.ts';

const PORT = 20_000;
const ANSWER = 2000;

export const lossyLink: Incident = {
  name: 'lossy-link',
  family: 'network',
  doc: 'the link to a server loses some of the packets',
  needs: ['link'],
  cast: ({ random, faulty, estate }) => {
    const link = estate.link();
    const work = step(`compute ${random.whole(1500, 3000)}`);
    const percent = random.whole(5, 12);
    if (faulty) link.lose('far', percent);
    const ask = ['say 1 100', `hear 2 ${ANSWER}`, ...work];
    return {
      victim: {
        inside: link.near,
        script: script('process trainer', 'gpu', `dial ${PORT} 1 ${link.farAddress}`, during(0, END_MS, ...ask)),
      },
      others: [
        {
          inside: link.far,
          script: script(
            'process server',
            `serve ${PORT} 1`,
            during(0, END_MS + 5000, 'hear 1 100', `say 2 ${ANSWER}`),
          ),
        },
      ],
    };
  },
  // The answer was said long ago and lost on the way, while the server waits for the next question.
  ends: ['hear'],
  root: { kinds: ['network'], what: /sent again/ },
  path: ['network'],
};
