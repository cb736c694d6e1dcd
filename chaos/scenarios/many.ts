// Many recordings one after another: nothing of them may stay.
import { rmSync } from 'node:fs';
import { lab, startRecorder, untilRecording } from '../../test/kernel/recorder.ts';
import { inKernel, missingBpftool, orphans, writtenProbes } from '../left-behind.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

const RECORDINGS = 200;
/** Each is held against the truth by `verify` now and then, and the last. */
const JUDGE_EVERY = 20;

export const many: Scenario = {
  name: 'many',
  doc: `${RECORDINGS} recordings one after another: no program, map, link or probe stays in the kernel`,
  runs: 1,
  missing: missingBpftool,
  run: async (stage) => {
    const { path } = stage;
    // What others left long ago is not ours.
    const before = new Set(await orphans());
    const first = startRecorder(stage, path, ['-q', '--', 'sleep', '1']);
    await untilRecording(path);
    const seen = inKernel();
    let outcome = judge(path, await first.ended);
    if (seen.owned === 0)
      return { ...outcome, ok: false, why: `of a recorder nothing is seen while it records: ${JSON.stringify(seen)}` };
    const program = [lab('counted'), '--launches', '5', '--copies', '2'];
    for (let i = 1; i < RECORDINGS && outcome.ok; i++) {
      const ended = await startRecorder(stage, path, ['-q', '--', ...program]).ended;
      if (ended.code !== 0) return { ...outcome, ok: false, why: `recording ${i}: ${ended.stderr}` };
      if ((i + 1) % JUDGE_EVERY === 0) outcome = judge(path, ended);
      rmSync(`${path}.old`, { force: true });
    }
    const left = [...(await orphans()).filter((one) => !before.has(one)), ...writtenProbes()];
    return left.length === 0 ? outcome : { ...outcome, ok: false, why: `left in the kernel: ${left.join(', ')}` };
  },
};
