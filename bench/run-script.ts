// Runs a script of this folder in a process of its own, so that its CPU time and its memory hold nothing else.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { lastLine } from './sched-json.ts';

const MOST_OUTPUT = 1 << 26;

/** The object in the last line that it prints. Throws when it fails. */
export const runScript = (
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): object =>
  lastLine(
    execFileSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, name), ...args],
      {
        encoding: 'utf8',
        maxBuffer: MOST_OUTPUT,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...environment },
      },
    ),
  );
