// The group of the trainer may read little from the disk: requests wait before the device has them.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const diskThrottled: Incident = {
  name: 'disk-throttled',
  family: 'disk',
  doc: 'each step reads from a disk whose rate is limited',
  needs: ['blkio'],
  cast: ({ random, faulty, estate }) => {
    const group = estate.group('blkio');
    const file = join(estate.folder, 'data');
    const { dev } = statSync(estate.folder);
    const limit = `${(dev >> 8) & 0xfff}:${dev & 0xff} ${random.whole(800, 1600) * 1024}`;
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          `prepare ${file}`,
          `enter ${group.procs}`,
          during(0, END_MS, `pread 65536 ${file}`, ...step(`compute ${random.whole(1500, 3000)}`)),
        ),
      },
      others: faulty
        ? [
            {
              script: script(
                'process operator',
                during(FAULT_MS, FAULT_MS + 1),
                `tell_text ${limit}=${group.file('blkio.throttle.read_bps_device')}`,
              ),
            },
          ]
        : [],
    };
  },
  root: { kinds: ['block_io'], who: ['self'], what: /vd|sd|nvme|block|disk|\d+:\d+/ },
  path: ['block_io'],
};
