// Runs a program of the host to its end, and says in one error why it could not.
import { spawnSync } from 'node:child_process';
import { systemCodeOf } from '../src/base/errors.ts';
import { errors } from './errors.ts';

const MOST_OUTPUT = 256 << 20;

export type Output = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs it without a terminal. Throws `no_program` where there is none of that name. */
export const run = (
  program: string,
  args: readonly string[],
  { env = {}, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Output => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: MOST_OUTPUT,
    // Where mke2fs is, which is not on the path of every user.
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (error !== undefined && systemCodeOf(error) === 'ENOENT') throw errors.noProgram({ program, why: error.message });
  return { code: status, stdout, stderr };
};

/** The same, where nothing but success will do. */
export const mustRun = (...[program, args, options]: Parameters<typeof run>): string => {
  const { code, stdout, stderr } = run(program, args, options);
  if (code === 0) return stdout;
  const why = stderr.trim().split('\n').slice(-3).join('; ') || `it ended with code ${code}`;
  throw errors.noProgram({ program, why });
};
