// The data loader reads from a disk of which its group may use little; the trainer waits for it at a pipe.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AHEAD, during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const loaderReadsSlowly: Incident = {
  name: 'loader-reads-slowly',
  family: 'disk',
  doc: 'the data loader reads from a disk whose rate is limited',
  needs: ['blkio'],
  cast: ({ random, faulty, estate }) => {
    const group = estate.group('blkio');
    const file = join(estate.folder, 'data');
    const { dev } = statSync(estate.folder);
    const rate = random.whole(800, 1600) * 1024;
    const limit = `${(dev >> 8) & 0xfff}:${dev & 0xff} ${rate}`;
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          ...AHEAD,
          during(0, END_MS, 'get 0', 'post 9', ...step(`compute ${random.whole(1500, 3000)}`)),
          'process loader',
          `prepare ${file}`,
          `enter ${group.procs}`,
          during(0, END_MS + 500, 'await 9', `pread 65536 ${file}`, 'sleep 1000', 'put 0'),
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
  root: { kinds: ['block_io'], who: ['loader'], what: /vd|sd|nvme|block|disk|\d+:\d+/ },
  path: ['ipc', 'block_io'],
};
