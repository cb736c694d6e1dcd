// Heavy disk traffic of a process that the trainer has nothing to do with.
import { type Control, during, END_MS, script, step } from '../incident.ts';

export const otherDiskLoad: Control = {
  name: 'other-disk-load',
  doc: 'another process writes and reads the disk all the time',
  cast: ({ random, estate }) => ({
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
          'process copier',
          'cpu 1',
          `prepare ${estate.folder}/other`,
          during(0, END_MS, `pread 262144 ${estate.folder}/other`, `fsync 262144 ${estate.folder}/written`),
        ),
      },
    ],
  }),
};
