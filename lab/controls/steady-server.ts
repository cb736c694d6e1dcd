// Waiting for work is what a server does: each wait is as long as the others.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const steadyServer: Control = {
  name: 'steady-server',
  doc: 'a server that waits for its next request at an even pace',
  cast: ({ random }) => {
    const pause = random.whole(15, 30) * 1000;
    return {
      victim: {
        script: script(
          'process server',
          'gpu',
          during(0, END_MS, 'receive 0', ...step('compute 2000')),
          'process client',
          during(0, END_MS + 500, `sleep ${pause}`, 'send 0'),
        ),
      },
    };
  },
};
