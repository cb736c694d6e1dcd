// Old rows are taken away while new ones come faster than the file may grow; sometimes the recorder is killed in the middle.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, startRecorder } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge, withTruth } from '../verdict.ts';

export const retention: Scenario = {
  name: 'retention',
  doc: 'pruning to 16 MB under 250,000 calls a second, in every other run with a SIGKILL',
  runs: 8,
  run: async (stage) => {
    const { path } = stage;
    const program = [lab('storm'), '--rate', '250000', '--seconds', '6'];
    const recorder = startRecorder(stage, path, ['--keep-size', '16MB', '--', ...program]);
    if (stage.chance(0, 1) === 0) {
      const ended = await recorder.ended;
      return withTruth(judge(path, ended), path, ended.stdout);
    }
    while (!existsSync(path) && !recorder.hasEnded()) await sleep(5);
    await sleep(stage.chance(2000, 6000));
    recorder.kill('SIGKILL');
    recorder.killGroup('SIGKILL');
    const ended = await recorder.ended;
    return judge(path, ended, ended.signal === 'SIGKILL');
  },
};
