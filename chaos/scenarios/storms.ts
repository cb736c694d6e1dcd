// Processes are born and replaced as fast as they can be. Each must be told of, or be among those that are said to be missing.
import { openRecording } from '../../src/store/open-recording.ts';
import { number } from '../../src/store/row.ts';
import { startRecorder } from '../../test/kernel/recorder.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

const BIRTHS = 500;
const FORKS = `i=0; while [ $i -lt ${BIRTHS} ]; do /bin/true & i=$((i+1)); done; wait`;
/** A program that becomes itself again and again. */
const BECOMES = 'n=$1; [ "$n" -le 0 ] && exit 0; exec sh -c "$0" "$0" $((n-1))';
/** Losses that say that processes are missing. */
const MISSING: readonly string[] = ['ring_full_process', 'process_table_full'];

const withBirths = (outcome: Outcome, path: string): Outcome => {
  if (!outcome.ok || outcome.end !== 'complete' || MISSING.some((reason) => outcome.stated.includes(reason)))
    return outcome;
  const recording = openRecording(path);
  try {
    const row = recording.database.prepare('SELECT count(*) AS n FROM process WHERE tracked = 1').get();
    const seen = row === undefined ? 0 : number(row, 'n');
    return seen > BIRTHS ? outcome : { ...outcome, ok: false, why: `${seen} of ${BIRTHS + 1} processes, and no loss` };
  } finally {
    recording.close();
  }
};

export const storms: Scenario = {
  name: 'storms',
  doc: `${BIRTHS} processes at once, or a process that executes 300 programs one after the other`,
  runs: 6,
  run: async (stage) => {
    const forks = stage.chance(0, 1) === 0;
    const program = forks ? ['sh', '-c', FORKS] : ['sh', '-c', BECOMES, BECOMES, '300'];
    const outcome = judge(stage.path, await startRecorder(stage, stage.path, ['--', ...program]).ended);
    return forks ? withBirths(outcome, stage.path) : outcome;
  },
};
