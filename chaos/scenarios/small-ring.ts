// The rings are far too small for what happens.
import { join } from 'node:path';
import { lab, start } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge, withTruth } from '../verdict.ts';

const RECORDER = join(import.meta.dirname, '..', 'record-with-ring.ts');

export const smallRing: Scenario = {
  name: 'small-ring',
  doc: 'rings of 4 KiB to 1 MiB at more calls than can be read: rows are missing and stated, totals exact',
  runs: 10,
  short: 1,
  run: async (stage) => {
    const bytes = 2 ** stage.chance(12, 20);
    const program = [lab('storm'), '--rate', '0', '--ms', '700'];
    const { path } = stage;
    const ended = await start(stage, process.execPath, [
      ...['--disable-warning=ExperimentalWarning', RECORDER, String(bytes), path],
      ...program,
    ]).ended;
    return withTruth(judge(path, ended), path, ended.stdout);
  },
};
