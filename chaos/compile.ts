// Compiles a C program of the suite into the stage's folder.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Stage } from './stage.ts';

/** Compiles `programs/NAME.c` and gives the path of the result; with `-shared` it can be preloaded. */
export const compileChaos = ({ folder }: Stage, name: string, flags: readonly string[] = []): string => {
  const path = join(folder, name);
  const source = join(import.meta.dirname, 'programs', `${name}.c`);
  execFileSync('gcc', ['-std=gnu11', '-O1', '-Wall', source, '-o', path, ...flags]);
  return path;
};

/** The environment in which a recorder's world is worse: see `programs/shim.c`. */
export const worse = (stage: Stage, settings: Readonly<Record<string, string>>): Record<string, string> => ({
  LD_PRELOAD: compileChaos(stage, 'shim', ['-shared', '-fPIC', '-ldl']),
  ...settings,
});
