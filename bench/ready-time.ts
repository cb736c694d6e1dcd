// How long `record` takes from its start until it is attached, and until a first question about what it records is answered.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, figureOf } from './figure.ts';
import { inFolder, launcher, workload } from './lab.ts';

const RUNS = 7;
const QUESTIONS = 50;

type Taken = { readonly ready: number; readonly answered: number };

/** Whether a question about the file is answered by a process of its own. */
const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn(launcher, ['ask', 'get_trace_stats', '--db', path, '--json'], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0));
  });

/**
 * Milliseconds from starting `record -- CMD` to the first line that CMD prints: start-up, attaching and starting CMD; and to the
 * first answer about it, while it still runs.
 */
const startUp = (path: string, program: string): Promise<Taken> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(
      launcher,
      ['record', '-q', '-o', path, '--', 'sh', '-c', `echo ready; ${program}; exec sleep 1`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let ready: number | undefined;
    let answered: Promise<number> | undefined;
    const ask = async (): Promise<number> => {
      for (let i = 0; i < QUESTIONS; i++) if (await isAnswered(path)) return performance.now() - began;
      throw new Error('no question was answered');
    };
    child.stdout.on('data', () => {
      ready ??= performance.now() - began;
      answered ??= ask();
      answered.catch(reject);
    });
    child.on('error', reject);
    child.on('exit', () => {
      const taken = ready;
      if (taken === undefined || answered === undefined) reject(new Error('record printed nothing'));
      else answered.then((at) => resolve({ ready: taken, answered: at }), reject);
    });
  });

export const readyTime: Bench = {
  name: 'ready-time',
  doc: 'from the start of record to the first line of the program it started, and to the first answer',
  run: () =>
    inFolder(async (folder) => {
      const counted = workload('counted');
      const path = join(folder, 'ready.db');
      const taken: Taken[] = [];
      for (let i = 0; i < RUNS; i++) {
        taken.push(await startUp(path, `${counted} --launches 1 --copies 1 >/dev/null`));
        rmSync(path, { force: true });
      }
      return [
        figureOf(
          'ready_ms',
          'ms',
          { atMost: 1000 },
          taken.map(({ ready }) => ready),
        ),
        figureOf(
          'first_answer_ms',
          'ms',
          { atMost: 2000 },
          taken.map(({ answered }) => answered),
        ),
      ];
    }),
};
