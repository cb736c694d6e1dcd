// The disk is full before the recording has begun or ended.
import { lab, WHYTRACE } from '../../test/kernel/recorder.ts';
import { missingMounts, onDisk } from '../namespace.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

export const diskFull: Scenario = {
  name: 'disk-full',
  doc: 'another program fills the disk at some time of the recording; in one run of five it is full before',
  runs: 20,
  short: 1,
  missing: missingMounts,
  run: async (stage) => {
    const isLate = stage.chance(1, 5) > 1;
    const seconds = (stage.chance(0, 1500) / 1000).toFixed(3);
    const program = `"${lab('storm')}" --ms 1500 --rate 20000`;
    const ended = await onDisk(
      stage,
      `size=${isLate ? 30 : 3}m`,
      `{ while [ ! -e disk/run.db ]; do sleep 0.02; done; sleep ${seconds}; dd if=/dev/zero of=disk/fill bs=4k 2>/dev/null; } &
       filling=$!
       "${WHYTRACE}" record -o disk/run.db -- ${program} >/dev/null; echo code $?
       kill $filling 2>/dev/null; cp disk/run.db* . 2>/dev/null || true`,
    );
    return judge(stage.path, ended);
  },
};
