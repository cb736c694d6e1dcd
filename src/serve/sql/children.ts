// Processes for queries, some ready before they are asked for. Each may read the program and the files of its query, and nothing
// else; it cannot start processes or write files, and ends by itself when its time or memory is used up.
import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errors } from '../errors.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const SOURCES = join(dirname(CHILD), '..', '..');
/** Longest time that a query can be given, in seconds. */
export const MOST_SECONDS = 30;
/** Processes that wait: a query that is ended soon after it began is followed by one that must not wait for a new process. */
const READY = 2;
/** How long a process waits for a question before it is ended. */
const IDLE_MS = 60_000;
/** How long after an answer the next process is started: a program that asks only once has ended by then. */
const LATER_MS = 20;

// Limits that hold even when this process is killed first: CPU time, size of a file, no core, and first in line when the
// machine runs out of memory. The shell sets them before it becomes Node.
const LIMITS = `ulimit -t ${MOST_SECONDS + 5}; ulimit -f 65536; ulimit -c 0; echo 1000 >/proc/$$/oom_score_adj; exec "$@"`;

type Child = { readonly child: ChildProcess; readonly files: string };

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

const start = (files: readonly string[]): Child => {
  const readable = [SOURCES, ...files.flatMap((file) => [file, `${file}-wal`, `${file}-shm`])];
  const options = [
    '--disable-warning=ExperimentalWarning',
    '--max-old-space-size=96',
    '--permission',
    '--allow-worker',
  ];
  const args = [...options, ...readable.map((file) => `--allow-fs-read=${file}`), CHILD];
  const child = spawn('/bin/sh', ['-c', LIMITS, 'sh', process.execPath, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {},
  });
  alive.add(child);
  for (const event of ['exit', 'error'] as const) child.once(event, () => alive.delete(child));
  // A process that ended early closes its stdin: its end says why.
  child.stdin?.on('error', () => {});
  return { child, files: files.join('\n') };
};

/** Processes that wait, first come first. */
const spares: Child[] = [];
let idle: NodeJS.Timeout | undefined;
let asked = 0;

const dismiss = (which: (child: Child) => boolean = () => true): void => {
  for (const { child } of spares.filter(which)) child.kill('SIGKILL');
  spares.splice(0, spares.length, ...spares.filter((one) => !which(one)));
};

/** Neither the process nor its pipes keep this one from ending. */
const setWaiting = ({ child }: Child, waits: boolean): void => {
  for (const part of [child, child.stdin, child.stdout])
    if (
      part !== null &&
      'unref' in part &&
      'ref' in part &&
      typeof part.unref === 'function' &&
      typeof part.ref === 'function'
    )
      waits ? part.unref() : part.ref();
};

const keepReady = (files: readonly string[]): void => {
  while (spares.length < READY) {
    const made = start(files);
    spares.push(made);
    setWaiting(made, true);
    made.child.once('exit', () => {
      const place = spares.indexOf(made);
      if (place >= 0) spares.splice(place, 1);
    });
  }
  clearTimeout(idle);
  idle = setTimeout(dismiss, IDLE_MS);
  idle.unref();
};

/** Node takes a `*` in a path that it is to allow as a wildcard, and knows no way to write one that is none. */
const realPaths = (files: readonly string[]): readonly string[] =>
  files.map((file) => {
    const path = realpathSync(file);
    if (path.includes('*')) throw errors.sqlPath({ path });
    return path;
  });

/**
 * A process for one query of these files, as soon as possible; it is asked by writing to its stdin, and ended by killing it.
 * Throws a UserError for a path with a `*`.
 */
export const takeChild = (files: readonly string[]): ChildProcess => {
  const real = realPaths(files);
  dismiss((spare) => spare.files !== real.join('\n'));
  const taken = spares.shift() ?? start(real);
  setWaiting(taken, false);
  const next = () => setTimeout(keepReady, LATER_MS, real).unref();
  if (asked++ === 0) taken.child.once('exit', next);
  else keepReady(real);
  return taken.child;
};
