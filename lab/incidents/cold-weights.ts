// The weights are mapped from a file that is no longer in memory.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Incident, script, step, turning } from '../incident.ts';

export const coldWeights: Incident = {
  name: 'cold-weights',
  family: 'page_fault',
  needs: ['blkio'],
  doc: 'each step reads mapped weights whose pages were dropped from memory',
  cast: ({ random, faulty, estate }) => {
    const group = estate.group('blkio');
    const { dev } = statSync(estate.folder);
    group.write('blkio.throttle.read_iops_device', `${(dev >> 8) & 0xfff}:${dev & 0xff} 1000`);
    const file = join(estate.folder, 'weights');
    const pages = random.whole(15, 35);
    const work = (drop: number) => [`walk ${pages} ${drop} ${file}`, ...step(`compute ${random.whole(1000, 2000)}`)];
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          `prepare ${file}`,
          `enter ${group.procs}`,
          `scan 16777216 ${file}`,
          turning(work(0), work(faulty ? 1 : 0)),
        ),
      },
    };
  },
  root: { kinds: ['page_fault'], who: ['self'], what: /weights|fault|vd|sd|nvme/ },
  path: ['page_fault'],
};
