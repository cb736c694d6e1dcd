// Runs a query in a process of its own and kills it when its time is over: a running statement cannot be stopped otherwise.
import { readFileSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import { openDatabase } from '../../store/open.ts';
import { errors } from '../errors.ts';
import { fairTurns } from '../worker/fair-turns.ts';
import { z } from '../zod.ts';
import { takeChild } from './children.ts';
import type { SqlPage, SqlRequest } from './query.ts';
import { MOST_MEMORY } from './watchdog.ts';

const LONGEST_WAIT_MS = 10_000;
/** Queries at the same time; further ones wait, but not for ever. No caller takes all of it. */
const turns = fairTurns({
  atOnce: 3,
  perCaller: 2,
  mostWaiting: 100,
  mostWaitingOfOne: 50,
  longestWaitMs: LONGEST_WAIT_MS,
  busy: (running, waiting) => errors.sqlBusy({ running, waiting }),
});
const WATCH_MS = 50;
/** Ends the reply, which has no other but the one that it begins with. */
const LINE_END = '\n'.charCodeAt(0);
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

/** Resident memory in bytes: VmRSS of proc_pid_status(5); 0 when the process has ended. */
const residentOf = (pid: number): number => {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};

const tooMuchMemory = () => errors.sqlTooBig({ why: `it needed more than ${MOST_MEMORY / 1024 / 1024} MiB of memory` });

const ask = (request: SqlRequest, seconds: number, signal: AbortSignal | undefined): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = takeChild([request.path, ...(request.audit === undefined ? [] : [request.audit])]);
    let began = Number.POSITIVE_INFINITY;
    const chunks: Buffer[] = [];
    let size = 0;
    let fault: Error | undefined;
    const end = (error: Error) => {
      fault ??= error;
      child.kill('SIGKILL');
    };
    const start = () => {
      began = performance.now();
      return setTimeout(() => end(errors.sqlTimeout({ seconds })), seconds * 1000);
    };
    let timer = setTimeout(() => end(errors.sqlBusy(turns.load())), LONGEST_WAIT_MS);
    const watch = setInterval(() => {
      if (child.pid !== undefined && residentOf(child.pid) > MOST_MEMORY) end(tooMuchMemory());
    }, WATCH_MS);
    const cancel = () => end(new Error('cancelled'));
    signal?.addEventListener('abort', cancel, { once: true });
    const settle = () => {
      clearTimeout(timer);
      clearInterval(watch);
      signal?.removeEventListener('abort', cancel);
    };
    child.stdout?.on('data', (chunk: Buffer) => {
      // The first that comes says that the query begins.
      if (began === Number.POSITIVE_INFINITY) {
        clearTimeout(timer);
        timer = start();
      }
      size += chunk.length;
      if (size > request.maxBytes + REPLY_SLACK) end(errors.sqlTooBig({ why: 'its answer was too long' }));
      else chunks.push(chunk);
      // All is said: the end of the process takes longer than many a query.
      if (fault !== undefined || size === 1 || chunk.at(-1) !== LINE_END) return;
      settle();
      resolve(Buffer.concat(chunks).toString('utf8'));
      child.kill('SIGKILL');
    });
    child.on('error', (error) => {
      settle();
      reject(fault ?? error);
    });
    child.on('close', () => {
      settle();
      if (fault !== undefined) reject(fault);
      else if (began === Number.POSITIVE_INFINITY) reject(new Error('the process of the query ended before it began'));
      // It ended itself, as it does when nobody else does in time.
      else if (performance.now() - began >= seconds * 1000) reject(errors.sqlTimeout({ seconds }));
      else reject(tooMuchMemory());
    });
    child.stdin?.end(JSON.stringify({ ...request, seconds }));
  });

/**
 * One page of a query's rows. `seconds` is the wall-clock time it may take, `caller` whose query it is, for a fair turn. Throws a UserError for a wrong query, one that
 * takes too long or too much memory, and for a file that cannot be read.
 */
export const runSql = async (
  request: SqlRequest,
  seconds: number,
  signal?: AbortSignal,
  caller?: string,
): Promise<SqlPage> => {
  const over = await turns.take(caller, signal);
  try {
    signal?.throwIfAborted();
    // Here, not in the child: it may not even look at files that are none of its business.
    openDatabase(request.path).close();
    const answer = reply.parse(JSON.parse(await ask(request, seconds, signal)));
    if ('fault' in answer) throw new UserError(answer.fault, 1);
    if ('crash' in answer) throw new Error(answer.crash);
    return answer.page;
  } finally {
    over();
  }
};
