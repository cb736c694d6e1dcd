// Starts programs for the lab and ends them, also when the lab is ended: each leads a group of its own, known by its id.
import { spawn } from 'node:child_process';

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type Program = {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly hasEnded: () => boolean;
  /** Asks it to end, and makes it end when it does not within a second. */
  readonly end: () => Promise<void>;
};

const running = new Set<number>();

const signal = (leader: number, name: NodeJS.Signals) => {
  try {
    process.kill(-leader, name);
  } catch {
    // It has ended.
  }
};

/** Ends all that still runs, at once. */
export const killAll = (): void => {
  for (const leader of running) signal(leader, 'SIGKILL');
};

/** Starts a program as the leader of its own group. */
export const startProgram = (
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program => {
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  running.add(pid);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += String(chunk);
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      running.delete(pid);
      resolve({ code, ...said });
    });
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    ended,
    hasEnded,
    end: async () => {
      signal(pid, 'SIGTERM');
      const late = setTimeout(() => signal(pid, 'SIGKILL'), 1000);
      await ended;
      clearTimeout(late);
      signal(pid, 'SIGKILL');
    },
  };
};
