// Old rows are taken away while new ones come faster than the file may grow; sometimes the recorder is killed in the middle.
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, peek, startRecorder, until } from '../../test/kernel/recorder.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { judge, withTruth } from '../verdict.ts';

const PRUNED = 'call_pruned';
const hasPruned = (path: string): boolean =>
  peek(path, `SELECT 1 FROM losses WHERE reason = '${PRUNED}' LIMIT 1`).length > 0;

const stating = (outcome: Outcome): Outcome =>
  !outcome.ok || outcome.stated.includes(PRUNED)
    ? outcome
    : { ...outcome, ok: false, why: `nothing was taken away, or it is not stated: ${outcome.stated.join(', ')}` };

export const retention: Scenario = {
  name: 'retention',
  doc: 'pruning to 16 MB and 5 s under 80,000 calls a second, in every other run with a SIGKILL in the middle of it',
  runs: 8,
  run: async (stage) => {
    const { path } = stage;
    // About 115,000 rows a second; of many more calls most would be left out before they are written. On a machine that has other
    // work they are fewer: then it is their age that takes them away.
    const program = [lab('storm'), '--rate', '80000', '--seconds', '10'];
    const recorder = startRecorder(stage, path, ['--keep-size', '16MB', '--keep-age', '5s', '--', ...program]);
    if (stage.chance(0, 1) === 0) {
      const ended = await recorder.ended;
      return stating(withTruth(judge(path, ended), path, ended.stdout));
    }
    await until('rows were taken away', () => recorder.hasEnded() || hasPruned(path));
    await sleep(stage.chance(0, 1500));
    recorder.kill('SIGKILL');
    recorder.killGroup('SIGKILL');
    const ended = await recorder.ended;
    return stating(judge(path, ended, ended.signal === 'SIGKILL'));
  },
};
