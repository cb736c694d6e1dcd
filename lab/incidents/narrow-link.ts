// The link to the server lets through little: packets wait in its queue.
import { during, END_MS, type Incident, script, step, turning } from '../incident.ts';

const PORT = 20_000;
/** Bytes of an answer: a few fit through the link in the time of a step, many do not. */
const ANSWER = 2000;

export const narrowLink: Incident = {
  name: 'narrow-link',
  family: 'network',
  doc: 'the link to a server lets through less than the answers need',
  needs: ['link'],
  cast: ({ random, faulty, estate }) => {
    const link = estate.link();
    const many = random.whole(12, 25);
    if (faulty)
      link.shape('far', 'root', 'tbf', 'rate', `${random.whole(6, 9)}mbit`, 'burst', '8kb', 'latency', '400ms');
    const ask = (times: number) => [`times ${times}`, 'say 1 100', 'end', `hear 2 ${times * ANSWER}`];
    return {
      victim: {
        inside: link.near,
        script: script(
          'process trainer',
          'gpu',
          `dial ${PORT} 1 ${link.farAddress}`,
          turning([...ask(1), ...step('compute 2000')], [...ask(many), ...step('compute 2000')]),
        ),
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
  // What was said long ago waits in the queue of the link, while the server hears the next requests and answers them.
  ends: ['hear'],
  root: { kinds: ['network'], who: ['server'], what: /socket|10\.9\.8\.2|link|queue/ },
  path: ['network'],
};
