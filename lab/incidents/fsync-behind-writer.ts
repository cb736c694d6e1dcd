// Another process writes much to the same file system: a small fsync has to wait for the disk behind it.
import { join } from 'node:path';
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const fsyncBehindWriter: Incident = {
  name: 'fsync-behind-writer',
  family: 'writeback',
  doc: 'a small fsync waits since another process writes much to the same file system',
  cast: ({ random, faulty, estate }) => {
    const much = random.whole(40, 80) << 20;
    return {
      victim: {
        script: script(
          'process trainer',
          'cpu 0',
          'gpu',
          during(0, END_MS, `fsync 4096 ${join(estate.folder, 'log')}`, 'times 2', ...step('compute 2000'), 'end'),
        ),
      },
      others: faulty
        ? [
            {
              script: script(
                'process writer',
                'cpu 1',
                during(FAULT_MS, END_MS, `fsync ${much} ${join(estate.folder, 'big')}`),
              ),
            },
          ]
        : [],
    };
  },
  root: { kinds: ['writeback', 'block_io'], who: ['self', 'writer'], what: /fsync|jbd2|disk|254:\d|vd/ },
  path: ['writeback'],
};
