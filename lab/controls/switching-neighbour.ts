// Many voluntary switches of processes that the trainer has nothing to do with.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const switchingNeighbour: Control = {
  name: 'switching-neighbour',
  doc: 'two other processes switch thousands of times a second on the other CPU',
  cast: ({ random }) => ({
    victim: {
      script: script(
        'process trainer',
        'cpu 0',
        'gpu',
        during(0, END_MS, ...step(`compute ${random.whole(2000, 3000)}`)),
      ),
    },
    others: [
      {
        script: script(
          'process ping',
          'cpu 1',
          during(0, END_MS, 'put 0', 'get 1'),
          'process pong',
          'cpu 1',
          during(0, END_MS + 500, 'get 0', 'put 1'),
        ),
      },
    ],
  }),
};
