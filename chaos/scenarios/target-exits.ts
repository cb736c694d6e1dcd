// The program that is to be recorded ends while the recorder attaches to it.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, start, startRecorder } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

export const targetExits: Scenario = {
  name: 'target-exits',
  doc: 'a named process is killed while the recorder starts, or just after',
  runs: 15,
  short: 1,
  run: async (stage) => {
    const target = start(stage, lab('counted'), ['--launches', '1000000', '--copies', '0', '--interval-us', '500']);
    const recorder = startRecorder(stage, stage.path, ['-p', String(target.pid)]);
    // Before there is a file it looks for libraries and places probes, and shortly after.
    if (stage.chance(0, 1) === 0) while (!existsSync(stage.path) && !recorder.hasEnded()) await sleep(1);
    await sleep(stage.chance(0, 500));
    target.kill('SIGKILL');
    return judge(stage.path, await recorder.ended);
  },
};
