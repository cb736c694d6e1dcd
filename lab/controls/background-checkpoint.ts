// Writing to the disk in a thread that the training does not depend on.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const backgroundCheckpoint: Control = {
  name: 'background-checkpoint',
  doc: 'a thread writes checkpoints that nobody waits for',
  cast: ({ random, estate }) => ({
    victim: {
      script: script(
        'process trainer',
        'cpu 0',
        'gpu',
        during(0, END_MS, ...step(`compute ${random.whole(2000, 3000)}`)),
        'thread checkpointer',
        'cpu 1',
        during(0, END_MS + 500, `fsync 4194304 ${estate.folder}/checkpoint`, 'sleep 200000'),
      ),
    },
  }),
};
