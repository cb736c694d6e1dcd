// Programs that the scheduler benches start: what they say line by line, and how they end. All of them end with the bench.
import { execFileSync, spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PATIENCE_MS = 60_000;
const running = new Set<() => void>();
/** Ends all that still run: what a bench left behind that failed. */
export const endChildren = (): void => {
  for (const kill of running) kill();
};
process.once('exit', endChildren);

export type Child = {
  readonly pid: number;
  /** Writes a line to its standard input. */
  readonly say: (line: string) => void;
  /** The next line that holds the text. Fails when it ends, or says nothing, before that. */
  readonly hear: (text: string) => Promise<string>;
  /** Sends the signal, waits for its end and gives all lines not yet heard. */
  readonly stop: (signal: NodeJS.Signals) => Promise<readonly string[]>;
};

/** The CPU that the measured programs run on, and all others as `taskset` wants them: the tracers run there. */
export const victimCpu = (): { readonly victim: string; readonly others: string } => {
  const last = cpus().length - 1;
  if (last < 1) throw new Error('this bench needs two CPUs: the tracer must not run on the one that is measured');
  return { victim: String(last), others: `0-${last - 1}` };
};

/** Compiles `lab/workloads/NAME.c` into the folder. */
export const compile = (folder: string, name: string): string => {
  const path = join(folder, name);
  const source = join(import.meta.dirname, '..', 'lab', 'workloads', `${name}.c`);
  execFileSync('gcc', ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-pthread', source, '-o', path]);
  return path;
};

/** Starts a program on the CPUs given, as `taskset` wants them. */
export const startChild = (onCpus: string, command: string, args: readonly string[]): Child => {
  const child = spawn('taskset', ['-c', onCpus, command, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  const lines: string[] = [];
  let complaint = '';
  let news = Promise.withResolvers<void>();
  let ended = false;
  const wake = () => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const kill = () => child.kill('SIGKILL');
  running.add(kill);
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${String(chunk)}`.slice(-2000);
  });
  child.stdin.on('error', () => {});
  child.once('close', () => {
    ended = true;
    running.delete(kill);
    wake();
  });
  const settled = async (holds: () => boolean, what: string) => {
    const late = setTimeout(() => {
      complaint += ` waited ${PATIENCE_MS} ms`;
      kill();
    }, PATIENCE_MS);
    try {
      while (!holds()) {
        if (ended) throw new Error(`${command} ended before ${what}: ${complaint}`);
        await news.promise;
      }
    } finally {
      clearTimeout(late);
    }
  };
  return {
    pid,
    say: (line) => child.stdin.write(`${line}\n`),
    hear: async (text) => {
      const at = () => lines.findIndex((line) => line.includes(text));
      await settled(() => at() >= 0, `it said ${text}`);
      return lines.splice(0, at() + 1).at(-1) ?? '';
    },
    stop: async (signal) => {
      child.kill(signal);
      await settled(() => ended, 'its end');
      return lines.splice(0);
    },
  };
};
