// Every write takes long, and every write that must reach the disk much longer.
import { lab, startRecorder } from '../../test/kernel/recorder.ts';
import { worse } from '../compile.ts';
import type { Scenario } from '../scenario.ts';
import { judge, withTruth } from '../verdict.ts';

export const slowDisk: Scenario = {
  name: 'slow-disk',
  doc: 'each write takes up to 3 ms, each sync up to half a second',
  runs: 5,
  run: async (stage) => {
    const env = worse(stage, {
      CHAOS_WRITE_US: String(stage.chance(100, 3000)),
      CHAOS_SYNC_US: String(stage.chance(1000, 500_000)),
    });
    const program = [lab('storm'), '--rate', '20000', '--ms', '800'];
    const ended = await startRecorder(stage, stage.path, ['--', ...program], { env }).ended;
    return withTruth(judge(stage.path, ended), stage.path, ended.stdout);
  },
};
