// Some threads compute for long in a critical section, one after the other; the training thread queues up with them.
import { during, END_MS, FAULT_MS, type Incident, script, step } from '../incident.ts';

export const lockConvoy: Incident = {
  name: 'lock-convoy',
  family: 'lock',
  doc: 'threads compute for long while they hold the lock that each step takes',
  cast: ({ random, faulty }) => {
    const critical = random.whole(8, 14) * 1000;
    const worker = (us: number) => ['lock 0', `critical ${us}`, 'unlock 0', 'sleep 20000'];
    const workers = Array.from({ length: random.whole(2, 3) }, (_, i) => [
      `thread tokenizer${i}`,
      'cpu 0',
      during(0, FAULT_MS, ...worker(50)),
      during(FAULT_MS, END_MS + 500, ...worker(faulty ? critical : 50)),
    ]);
    return {
      victim: {
        script: script(
          'process trainer',
          'cpu 1',
          'gpu',
          during(0, END_MS, 'lock 0', 'unlock 0', ...step(`compute ${random.whole(1000, 2000)}`)),
          ...workers.flat(),
        ),
      },
    };
  },
  root: { kinds: ['on_cpu'], who: ['tokenizer0', 'tokenizer1', 'tokenizer2'] },
  path: ['lock', 'on_cpu'],
};
