// Two causes at once: a limited disk takes most of each step, a quota of the CPU the rest.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { during, END_MS, FAULT_MS, type Incident, script } from '../incident.ts';
import { allowRealTime } from '../machine/estate.ts';

export const quotaAndDisk: Incident = {
  name: 'quota-and-disk',
  family: 'multi',
  doc: 'a limited disk takes most of each step, and a CPU quota some of it',
  needs: ['cpu', 'blkio'],
  cast: ({ random, faulty, estate }) => {
    const [cpu, blkio] = [estate.group('cpu'), estate.group('blkio')];
    cpu.write('cpu.shares', '32768');
    allowRealTime(cpu);
    const file = join(estate.folder, 'data');
    const { dev } = statSync(estate.folder);
    const limit = `${(dev >> 8) & 0xfff}:${dev & 0xff} ${random.whole(700, 900) * 1024}`;
    return {
      victim: {
        script: script(
          'process trainer',
          'gpu',
          `prepare ${file}`,
          `enter ${blkio.procs}`,
          `enter ${cpu.procs}`,
          during(0, END_MS, `pread 65536 ${file}`, 'launch 100', `compute ${random.whole(14, 18) * 1000}`, 'sync'),
        ),
      },
      others: faulty
        ? [
            {
              script: script(
                'process operator',
                `tell 50000 ${cpu.file('cpu.cfs_period_us')}`,
                during(FAULT_MS, FAULT_MS + 1),
                `tell 12500 ${cpu.file('cpu.cfs_quota_us')}`,
                `tell_text ${limit}=${blkio.file('blkio.throttle.read_bps_device')}`,
              ),
            },
          ]
        : [],
    };
  },
  throttled: true,
  root: { kinds: ['block_io'], who: ['self'], what: /vd|sd|nvme|block|disk|\d+:\d+/ },
  path: ['block_io'],
};
