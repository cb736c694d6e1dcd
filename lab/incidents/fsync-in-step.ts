// Each step writes some lines of metrics and waits for each until it is on a disk whose writes are limited.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Incident, script, step, turning } from '../incident.ts';

export const fsyncInStep: Incident = {
  name: 'fsync-in-step',
  family: 'writeback',
  doc: 'each step writes lines of metrics and waits for each until it is on a slow disk',
  needs: ['blkio'],
  cast: ({ random, faulty, estate }) => {
    const group = estate.group('blkio');
    const { dev } = statSync(estate.folder);
    group.write('blkio.throttle.write_iops_device', `${(dev >> 8) & 0xfff}:${dev & 0xff} 200`);
    const work = step(`compute ${random.whole(2000, 3000)}`);
    const file = join(estate.folder, 'metrics');
    const metrics = [`times ${random.whole(4, 8)}`, `fsync 4096 ${file}`, 'end'];
    return {
      victim: {
        script: script(
          'process trainer',
          `enter ${group.procs}`,
          'gpu',
          turning(work, faulty ? [...work, ...metrics] : work),
        ),
      },
    };
  },
  root: { kinds: ['writeback'], who: ['self'], what: /fsync|vd|sd|nvme|disk|metrics|254:\d/ },
  path: ['writeback'],
};
