// The file system can only be read.
import { WHYTRACE } from '../../test/kernel/recorder.ts';
import { missingMounts, onDisk } from '../namespace.ts';
import type { Scenario } from '../scenario.ts';
import { judgeRefusal } from '../verdict.ts';

export const readOnly: Scenario = {
  name: 'read-only',
  doc: 'the file system of the output is mounted read-only',
  runs: 5,
  short: 1,
  missing: missingMounts,
  run: async (stage) => {
    const ended = await onDisk(
      stage,
      'size=50m',
      `mount -o remount,ro disk && "${WHYTRACE}" record -o disk/run.db -- true; echo code $?
       cp disk/run.db* . 2>/dev/null || true`,
    );
    return judgeRefusal(stage.path, ended, /read-only file system/);
  },
};
