// Runs a query in a child process and kills it when its time is over: a running statement cannot be stopped otherwise.
// The child may read the program and the recording, and nothing else; it cannot start processes or write files.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../base/errors.ts';
import { openDatabase } from '../../store/open.ts';
import { errors } from '../errors.ts';
import { z } from '../zod.ts';
import type { SqlPage, SqlRequest } from './query.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const SOURCES = join(dirname(CHILD), '..', '..');
/** Children at the same time; further queries wait. */
const AT_ONCE = 2;
/** Resident memory of a child, at most. SQLite in Node keeps no account of its own, so that its heap limit does nothing. */
const MOST_MEMORY = 384 * 1024 * 1024;
const WATCH_MS = 50;
/** Longest reply that is read: rows, column names and what JSON adds. */
const REPLY_SLACK = 256 * 1024;

const value = z.union([z.string(), z.number(), z.null(), z.object({ blob_bytes: z.number() })]);
const reply = z.union([
  z.object({
    page: z.object({
      columns: z.array(z.string()),
      rows: z.array(z.array(value)),
      more: z.boolean(),
      total: z.number().optional(),
    }),
  }),
  z.object({ fault: z.object({ code: z.string(), what: z.string(), why: z.string(), todo: z.string() }) }),
  z.object({ crash: z.string() }),
]);

const running = new Set<ChildProcess>();
const waiting: (() => void)[] = [];
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const start = (path: string, seconds: number): ChildProcess => {
  const real = realpathSync(path);
  const readable = [SOURCES, real, `${real}-wal`, `${real}-shm`];
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--max-old-space-size=96',
    '--permission',
    ...readable.map((file) => `--allow-fs-read=${file}`),
    CHILD,
  ];
  // The shell sets a limit on CPU time before it becomes Node: so the child ends even when this process is killed first.
  const limited = ['-c', 'ulimit -t "$0"; exec "$@"', String(Math.ceil(seconds) + 2), process.execPath, ...args];
  return spawn('/bin/sh', limited, { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
};

/** Resident memory in bytes: VmRSS of proc_pid_status(5); 0 when the process has ended. */
const residentOf = (pid: number): number => {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};

const ask = (request: SqlRequest, seconds: number, signal: AbortSignal | undefined): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = start(request.path, seconds);
    running.add(child);
    const chunks: Buffer[] = [];
    let size = 0;
    let fault: Error | undefined;
    const end = (error: Error) => {
      fault ??= error;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end(errors.sqlTimeout({ seconds })), seconds * 1000);
    const watch = setInterval(() => {
      if (child.pid !== undefined && residentOf(child.pid) > MOST_MEMORY)
        end(errors.sqlTooBig({ why: `it needed more than ${MOST_MEMORY / 1024 / 1024} MiB of memory` }));
    }, WATCH_MS);
    const cancel = () => end(new Error('cancelled'));
    signal?.addEventListener('abort', cancel, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > request.maxBytes + REPLY_SLACK) end(errors.sqlTooBig({ why: 'its answer was too long' }));
      else chunks.push(chunk);
    });
    // A child that died early closes its stdin: its exit says why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(JSON.stringify(request));
    child.on('error', (error) => {
      clearTimeout(timer);
      clearInterval(watch);
      running.delete(child);
      reject(fault ?? error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      clearInterval(watch);
      signal?.removeEventListener('abort', cancel);
      running.delete(child);
      if (fault !== undefined) reject(fault);
      else if (code !== 0) reject(errors.sqlTooBig({ why: 'it needed too much memory or CPU time' }));
      else resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });

/**
 * One page of a query's rows. `seconds` is the wall-clock time it may take. Throws a UserError for a wrong query, one that
 * takes too long or too much memory, and for a file that cannot be read.
 */
export const runSql = async (request: SqlRequest, seconds: number, signal?: AbortSignal): Promise<SqlPage> => {
  while (running.size >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    signal?.throwIfAborted();
    // Here, not in the child: it may not even look at files that are none of its business.
    openDatabase(request.path).close();
    const answer = reply.parse(JSON.parse(await ask(request, seconds, signal)));
    if ('fault' in answer) throw new UserError(answer.fault, 1);
    if ('crash' in answer) throw new Error(answer.crash);
    return answer.page;
  } finally {
    waiting.shift()?.();
  }
};
