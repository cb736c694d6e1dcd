// The control group of the trainer gets a small part of one CPU.
import { during, FAULT_MS, type Incident, script, turning } from '../incident.ts';
import { allowRealTime } from '../machine/estate.ts';

export const cpuQuota: Incident = {
  name: 'cpu-quota',
  family: 'quota',
  doc: 'the CPU quota of its control group is less than the trainer needs',
  needs: ['cpu'],
  cast: ({ random, faulty, estate }) => {
    const group = estate.group('cpu');
    group.write('cpu.shares', '32768');
    allowRealTime(group);
    const percent = random.whole(15, 30);
    const work = ['launch 60', `compute ${random.whole(4000, 8000)}`, 'sync'];
    return {
      victim: { script: script('process trainer', `enter ${group.procs}`, 'gpu', turning(work, work)) },
      others: faulty
        ? [
            {
              script: script(
                'process operator',
                `tell 50000 ${group.file('cpu.cfs_period_us')}`,
                during(FAULT_MS, FAULT_MS + 1),
                `tell ${percent * 500} ${group.file('cpu.cfs_quota_us')}`,
              ),
            },
          ]
        : [],
    };
  },
  throttled: true,
  root: { kinds: ['throttled'], who: ['self'] },
  path: ['throttled'],
};
