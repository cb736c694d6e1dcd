// A thread of a Python program computes without a pause: the training thread gets the interpreter's lock every 5 ms only.
import { END_MS, FAULT_MS, type Incident } from '../incident.ts';

const program = new URL('../workloads/gil_steps.py', import.meta.url).pathname;

export const gilKept: Incident = {
  name: 'gil-kept',
  family: 'gil',
  doc: 'another Python thread computes and keeps the interpreter lock',
  cast: ({ random, faulty }) => ({
    victim: {
      command: [
        'python3',
        program,
        ...['--fault-ms', String(FAULT_MS), '--end-ms', String(END_MS)],
        ...['--launches', String(random.whole(15, 25))],
        ...(faulty ? [] : ['--no-fault']),
      ],
    },
  }),
  root: { kinds: ['gil', 'on_cpu'], who: ['preprocess'] },
  path: ['gil'],
};
