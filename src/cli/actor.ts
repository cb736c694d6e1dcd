// A program of lab/live, which does one named thing at a time when it is told: how it is started, told and ended.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

const folder = new URL('../../lab/live/', import.meta.url).pathname;
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
/** How long it has to end by itself: it may be in the middle of something. */
const PATIENCE_MS = 3000;
const DONE = /^done ?(.*)$/;

export type Actor = {
  readonly pid: number;
  /** What it can do. */
  readonly names: readonly string[];
  /** Does it. Resolves to what the program says of it, mostly nothing; rejects when it could not. */
  readonly act: (name: string) => Promise<string>;
  /** Ends it and all that it started. It ends as well when this program does, however that is. */
  readonly end: () => Promise<void>;
};

/** Starts `lab/live/SCRIPT` and waits until it can be told. Rejects when it ends before that. */
export const startActor = async (script: string, args: readonly string[] = []): Promise<Actor> => {
  // In a group of its own: what a terminal sends to ours must not end it before it has tidied up.
  const child = spawn(PYTHON, [folder + script, ...args], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${String(chunk)}`.slice(-2000);
  });
  child.stdin.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      complaint = error.message;
      resolve();
    });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hear = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done !== true) return String(value);
    await closed;
    throw new Error(`${script} has ended: ${complaint.trim().split('\n').at(-1)}`);
  };
  const end = async () => {
    child.stdin.end();
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await closed;
    clearTimeout(late);
  };
  return {
    pid: child.pid ?? 0,
    names: (await hear()).split(' '),
    act: async (name) => {
      child.stdin.write(`${name}\n`);
      const said = await hear();
      const [, detail] = DONE.exec(said) ?? [];
      if (detail === undefined) throw new Error(`${script} ${name}: ${said}`);
      return detail;
    },
    end,
  };
};
