// The recorder is stopped for a while and goes on.
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, startRecorder, untilRecording } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge, withTruth } from '../verdict.ts';

export const suspended: Scenario = {
  name: 'suspended',
  doc: 'SIGSTOP for 0.2 to 3 s while 200,000 calls a second are made, then SIGCONT',
  runs: 8,
  short: 1,
  run: async (stage) => {
    const program = [lab('storm'), '--rate', '200000', '--ms', '2500', '--start-delay-ms', '300'];
    const recorder = startRecorder(stage, stage.path, ['--', ...program]);
    await untilRecording(stage.path, { libraries: 2 });
    await sleep(stage.chance(100, 600));
    recorder.kill('SIGSTOP');
    await sleep(stage.chance(200, 3000));
    recorder.kill('SIGCONT');
    const ended = await recorder.ended;
    return withTruth(judge(stage.path, ended), stage.path, ended.stdout);
  },
};
