// Each step writes a checkpoint and waits until it is on the disk.
import { join } from 'node:path';
import { type Incident, script, step, turning } from '../incident.ts';

export const fsyncInStep: Incident = {
  name: 'fsync-in-step',
  family: 'writeback',
  doc: 'each step writes a checkpoint and waits until it is on the disk',
  cast: ({ random, faulty, estate }) => {
    const work = step(`compute ${random.whole(2000, 3000)}`);
    const checkpoint = `fsync ${random.whole(4, 10) << 20} ${join(estate.folder, 'checkpoint')}`;
    return {
      victim: { script: script('process trainer', 'gpu', turning(work, faulty ? [...work, checkpoint] : work)) },
    };
  },
  root: { kinds: ['writeback'], who: ['self'], what: /fsync|vd|sd|nvme|disk|checkpoint/ },
  path: ['writeback'],
};
