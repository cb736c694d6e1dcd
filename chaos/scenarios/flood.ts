// A process without any privilege sends events as fast as it can, and others that are not recorded switch as fast as they can.
import { chmodSync } from 'node:fs';
import { compileProgram, start, startRecorder } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { ownCopy } from '../stage.ts';
import { judge, withTruth } from '../verdict.ts';

const NOBODY = 65_534;
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] as const;

export const flood: Scenario = {
  name: 'flood',
  doc: 'an unprivileged process makes calls on two threads as fast as it can, beside another that only switches',
  runs: 5,
  run: async (stage) => {
    const storm = ownCopy(stage, 'storm');
    const switches = compileProgram(stage.folder, 'switches');
    chmodSync(switches, 0o755);
    const other = start(stage, asNobody[0], [...asNobody.slice(1), switches, '3']);
    const recorder = startRecorder(stage, stage.path, [
      '--',
      ...asNobody,
      storm,
      ...['--rate', '0', '--threads', '2', '--ms', '1500'],
    ]);
    const ended = await recorder.ended;
    await other.ended;
    return withTruth(judge(stage.path, ended), stage.path, ended.stdout);
  },
};
