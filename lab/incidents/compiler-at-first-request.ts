// A request makes the program start a compiler and wait for its end.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const compilerAtFirstRequest: Incident = {
  name: 'compiler-at-first-request',
  family: 'child',
  doc: 'the program starts a compiler and waits until it ends',
  cast: ({ random, faulty }) => {
    const work = step(`compute ${random.whole(2000, 3000)}`);
    const compile = faulty ? `child ${random.whole(300, 700) * 1000} 0 ptxas` : 'child 500 0 ptxas';
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          during(0, FAULT_MS, ...work),
          during(FAULT_MS, END_MS, 'times 100', ...work, 'end', compile),
        ),
      },
    };
  },
  root: { kinds: ['on_cpu'], who: ['ptxas'] },
  path: ['child', 'on_cpu'],
};
