// The wall clock jumps by hours to and fro, or the monotonic clock is another one than the kernel's own (a time namespace, as
// some containers have). Only the recorder sees it: nothing on the machine is changed.
import { spawnSync } from 'node:child_process';
import { openRecording } from '../../src/store/open-recording.ts';
import { number } from '../../src/store/row.ts';
import { lab, start, startRecorder, WHYTRACE } from '../../test/kernel/recorder.ts';
import { worse } from '../compile.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { judge, withTruth } from '../verdict.ts';

const OTHER_CLOCK = ['unshare', '--time', '--fork', '--monotonic', '100000', '--boottime', '700000'] as const;
const canShift = (): boolean => spawnSync(OTHER_CLOCK[0], [...OTHER_CLOCK.slice(1), 'true']).status === 0;

/** Every call lies in the time of the recording, and that is about as long as the program ran. */
const withTimes = (outcome: Outcome, path: string): Outcome => {
  if (!outcome.ok || outcome.end !== 'complete') return outcome;
  const recording = openRecording(path);
  try {
    const { end_ns } = recording.window;
    const row = recording.database
      .prepare('SELECT count(*) AS n FROM calls WHERE start_ns < 0 OR start_ns + duration_ns > ?')
      .get(end_ns);
    const outside = row === undefined ? 0 : number(row, 'n');
    const row2 = recording.database
      .prepare('SELECT count(*) AS n FROM processes WHERE start_ns > ? OR start_ns > end_ns')
      .get(end_ns);
    const late = row2 === undefined ? 0 : number(row2, 'n');
    if (outside === 0 && late === 0 && end_ns > 0.4e9 && end_ns < 30e9) return outcome;
    return { ...outcome, ok: false, why: `${outside} calls and ${late} processes outside of its ${end_ns} ns` };
  } finally {
    recording.close();
  }
};

export const clock: Scenario = {
  name: 'clock',
  doc: 'the wall clock jumps by up to a day, or the recorder is in a time namespace',
  runs: 8,
  short: 1,
  run: async (stage) => {
    const program = ['--', lab('storm'), '--rate', '5000', '--ms', '500'];
    const jumps = stage.chance(0, 1) === 0 || !canShift();
    const recorder = jumps
      ? startRecorder(stage, stage.path, program, {
          env: worse(stage, { CHAOS_CLOCK_STEP: String(stage.chance(60, 86_400)) }),
        })
      : start(stage, OTHER_CLOCK[0], [...OTHER_CLOCK.slice(1), WHYTRACE, 'record', '-o', stage.path, ...program]);
    const ended = await recorder.ended;
    return withTimes(withTruth(judge(stage.path, ended), stage.path, ended.stdout), stage.path);
  },
};
