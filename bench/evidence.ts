// What sealing costs the recorder, how fast a recording is verified, and whether every mutation of one is found.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../src/base/errors.ts';
import { argumentNames } from '../src/catalogue/arguments.ts';
import { type EvidenceKey, newKey } from '../src/store/evidence/key.ts';
import { verifyRecording } from '../src/store/evidence/verify.ts';
import { RecordingWriter } from '../src/store/writer.ts';
import { mutate, randomFrom } from '../test/mutate.ts';
import { sealedScene } from '../test/sealed.ts';
import { type Bench, figureOf } from './figure.ts';
import { inFolder, workload } from './lab.ts';
import { runScript } from './run-script.ts';
import { numberOf } from './sched-json.ts';

const PAIRS = 5;
const SECONDS = 4;
/** Calls of the runtime; of these 7 in 16 nest one of the driver. */
const RATE = 200_000;
const ROWS = 1_000_000;
const MUTATIONS = 1000;

/** CPU time of a recorder per event in ns, with or without seals, of calls at a steady rate. */
const recorded = (folder: string, storm: string, unsealed: boolean): number => {
  const command = [storm, '--rate', String(RATE), '--seconds', String(SECONDS), '--threads', '1', '--api', 'runtime'];
  const told = runScript('recorder.ts', [join(folder, 'r.db'), ...command], {
    WHYTRACE_UNSEALED: unsealed ? '1' : '0',
  });
  return (numberOf(told, 'cpu_us') / numberOf(told, 'events')) * 1000;
};

/** CPU time of writing a row of `call` in ns. */
const written = (path: string, key: EvidenceKey | undefined): number => {
  const writer = new RecordingWriter(path, { recorder_pid: 0, host: 'bench' }, key);
  const thread = writer.threadId(1, 1, 'python3');
  const args = writer.argumentsId(
    argumentNames.map(() => null),
    false,
  );
  const start = process.cpuUsage();
  for (let i = 0; i < ROWS; i++) {
    writer.call(i * 2000, 500 + (i % 4000), thread, 1 + (i % 9), 0, 0, args, 0, 0);
    if (i % 250_000 === 0) writer.commit(i * 2000);
  }
  writer.close(ROWS * 2000);
  const used = process.cpuUsage(start);
  return ((used.user + used.system) / ROWS) * 1000;
};

/** How many of the mutations are not found. */
const unseen = (folder: string): number => {
  const key = newKey();
  const recording = sealedScene(key);
  const bytes = readFileSync(recording.done());
  recording.remove();
  const path = join(folder, 'mutated.db');
  const random = randomFrom(Date.now());
  let count = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const change = mutate(path, random, () => writeFileSync(path, bytes));
    try {
      if (verifyRecording(path, { ownKey: key.fingerprint }).verdict !== 'intact') continue;
      count++;
      process.stderr.write(`bench: not found: ${change}\n`);
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
    }
  }
  return count;
};

export const evidence: Bench = {
  name: 'evidence',
  doc: 'what seals cost, how fast they are checked, and what they find',
  run: () =>
    inFolder(async (folder) => {
      const storm = workload('storm');
      const pairs = Array.from({ length: PAIRS }, () => {
        const without = recorded(folder, storm, true);
        return { without, withSeals: recorded(folder, storm, false) };
      });
      const rows = Array.from({ length: PAIRS }, (_, i) => {
        const without = written(join(folder, `plain-${i}.db`), undefined);
        return { without, withSeals: written(join(folder, `sealed-${i}.db`), newKey()) };
      });
      const checked = Array.from({ length: 3 }, () => {
        const began = performance.now();
        verifyRecording(join(folder, 'sealed-0.db'));
        return ROWS / ((performance.now() - began) / 1000);
      });
      const size = (name: string) => statSync(join(folder, name)).size;
      const more = (size('sealed-0.db') / size('plain-0.db') - 1) * 100;
      // The fastest of each: what else runs on the machine only adds.
      const fastest = (of: readonly number[]) => Math.min(...of);
      const cost =
        (fastest(pairs.map(({ withSeals }) => withSeals)) / fastest(pairs.map(({ without }) => without)) - 1) * 100;
      return [
        figureOf('seal_recorder_cpu_pct', '%', { atMost: 5 }, [cost], {
          pairs: PAIRS,
          calls_per_s: RATE * (1 + 7 / 16),
        }),
        figureOf(
          'seal_ns_per_row',
          'ns',
          { atMost: 50 },
          rows.map(({ without, withSeals }) => withSeals - without),
        ),
        figureOf('seal_bytes_pct', '%', { atMost: 2 }, [more]),
        figureOf('verify_rows_per_second', 'rows/s', { atLeast: 500_000 }, checked),
        figureOf('mutations_not_found', 'mutations', { atMost: 0 }, [unseen(folder)], { mutations: MUTATIONS }),
      ];
    }),
};
