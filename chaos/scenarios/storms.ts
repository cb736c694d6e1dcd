// Processes are born and replaced as fast as they can be.
import { startRecorder } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

const forks = (count: number) => `i=0; while [ $i -lt ${count} ]; do /bin/true & i=$((i+1)); done; wait`;
/** A program that becomes itself again and again. */
const BECOMES = 'n=$1; [ "$n" -le 0 ] && exit 0; exec sh -c "$0" "$0" $((n-1))';

export const storms: Scenario = {
  name: 'storms',
  doc: '500 processes at once, or a process that executes 300 programs one after the other',
  runs: 6,
  run: async (stage) => {
    const program = stage.chance(0, 1) === 0 ? ['sh', '-c', forks(500)] : ['sh', '-c', BECOMES, BECOMES, '300'];
    return judge(stage.path, await startRecorder(stage, stage.path, ['--', ...program]).ended);
  },
};
