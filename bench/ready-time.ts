// How long `record` takes from its start until it is attached and ready.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Bench, figureOf } from './figure.ts';
import { inFolder, launcher, workload } from './lab.ts';

const RUNS = 7;

/** Milliseconds from starting `record -- CMD` to the first line that CMD prints: start-up, attaching and starting CMD. */
const startUp = (folder: string, program: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(
      launcher,
      ['record', '-q', '-o', join(folder, 'ready.db'), '--', 'sh', '-c', `echo ready; exec ${program}`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let took: number | undefined;
    child.stdout.on('data', () => {
      took ??= performance.now() - began;
    });
    child.on('error', reject);
    child.on('exit', () => (took === undefined ? reject(new Error('record printed nothing')) : resolve(took)));
  });

export const readyTime: Bench = {
  name: 'ready-time',
  doc: 'from the start of record to the first line of the program it started',
  run: () =>
    inFolder(async (folder) => {
      const counted = workload('counted');
      const times: number[] = [];
      for (let i = 0; i < RUNS; i++) times.push(await startUp(folder, `${counted} --launches 1 --copies 1 >/dev/null`));
      return [figureOf('record_ready', 'ms', { atMost: 1000 }, times)];
    }),
};
