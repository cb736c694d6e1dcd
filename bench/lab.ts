// The simulated device and its workloads, built when needed, for the benches.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
export const launcher = `${root}bin/whytrace`;

/** Path of a built workload. */
export const workload = (name: string): string => {
  execFileSync('sh', [`${root}lab/cudasim/build.sh`], { stdio: ['ignore', 'ignore', 'inherit'] });
  return `${root}lab/cudasim/build/${name}`;
};

/** A folder of its own for one bench, removed at the end. */
export const inFolder = async <T>(use: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
