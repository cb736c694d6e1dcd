// A job starts one short process after the other on the CPU of the launching thread.
import { during, END_MS, FAULT_MS, type Incident, script, step, turning } from '../incident.ts';

export const execStorm: Incident = {
  name: 'exec-storm',
  family: 'scheduler',
  doc: 'a job starts short processes without end on the CPU on which the launching thread runs',
  cast: ({ random, faulty }) => {
    const cpu = random.whole(0, 1);
    const work = step(`compute ${random.whole(2000, 3000)}`);
    const each = `child ${random.whole(8, 20) * 1000} 0 gzip`;
    return {
      victim: { script: script('process trainer', `cpu ${cpu}`, 'gpu', turning(work, work)) },
      others: faulty ? [{ script: script('process rotate', `cpu ${cpu}`, during(FAULT_MS, END_MS, each)) }] : [],
    };
  },
  root: { kinds: ['runnable'], who: ['gzip', 'rotate'] },
  path: ['runnable'],
};
