// The recorder is killed at a random moment: while it starts, makes its file, attaches, drains, commits or closes.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, startRecorder } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

/** Of so many runs one is killed before there is a file; the others after, at some ms of the time that is left. */
const EARLY_ONE_IN = 5;
const BEFORE_FILE = 600;
const AFTER_FILE = 1800;

export const kill: Scenario = {
  name: 'kill',
  doc: 'SIGKILL of the recorder at a random moment from its start to its end',
  runs: 100,
  short: 1,
  run: async (stage) => {
    const program = [lab('storm'), '--rate', '50000', '--ms', '1000'];
    const recorder = startRecorder(stage, stage.path, ['--', ...program]);
    if (stage.chance(1, EARLY_ONE_IN) === 1) await sleep(stage.chance(0, BEFORE_FILE));
    else {
      while (!existsSync(stage.path) && !recorder.hasEnded()) await sleep(1);
      await sleep(stage.chance(0, AFTER_FILE));
    }
    recorder.kill('SIGKILL');
    // What it started is not of interest any more, and may have been stopped by it.
    recorder.killGroup('SIGKILL');
    const ended = await recorder.ended;
    return judge(stage.path, ended, ended.signal === 'SIGKILL');
  },
};
