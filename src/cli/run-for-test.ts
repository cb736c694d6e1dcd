// Runs the program as a user does, and tells what came out. For tests only.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const LAUNCHER = fileURLToPath(new URL('../../bin/whytrace', import.meta.url));

export type Outcome = { readonly code: number | null; readonly out: string; readonly err: string };
type Settings = { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly input?: string };

/** Ends it by its pid after 20 s, so that a test never hangs. */
export const whytrace = (args: readonly string[], { cwd, env, input = '' }: Settings = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(LAUNCHER, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const texts = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      texts.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      texts.err += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...texts });
    });
  });
