// Many recordings one after another: nothing of them may stay.
import { rmSync } from 'node:fs';
import { lab, startRecorder } from '../../test/kernel/recorder.ts';
import { missingBpftool, orphans, writtenProbes } from '../left-behind.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

const RECORDINGS = 200;
/** Each is held against the truth by `verify` now and then. */
const JUDGE_EVERY = 20;

export const many: Scenario = {
  name: 'many',
  doc: `${RECORDINGS} recordings one after another: no program, link or probe stays in the kernel`,
  runs: 1,
  missing: missingBpftool,
  run: async (stage) => {
    const program = [lab('counted'), '--launches', '5', '--copies', '2'];
    let outcome = judge(stage.path, await startRecorder(stage, stage.path, ['-q', '--', ...program]).ended);
    for (let i = 1; i < RECORDINGS && outcome.ok; i++) {
      const ended = await startRecorder(stage, stage.path, ['-q', '--', ...program]).ended;
      if (ended.code !== 0) return { ...outcome, ok: false, why: `recording ${i}: ${ended.stderr}` };
      if (i % JUDGE_EVERY === 0) outcome = judge(stage.path, ended);
      rmSync(`${stage.path}.old`, { force: true });
    }
    const left = [...(await orphans()), ...writtenProbes()];
    return left.length === 0 ? outcome : { ...outcome, ok: false, why: `left in the kernel: ${left.join(', ')}` };
  },
};
