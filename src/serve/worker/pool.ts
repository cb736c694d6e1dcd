// Threads for long calls: at most two, made when they are needed and kept. A call that is cancelled ends with its thread, for
// nothing else stops a loop.
import { Worker } from 'node:worker_threads';
import { messageOf, UserError } from '../../base/errors.ts';
import { errors } from '../identity/errors.ts';
import { fairTurns } from './fair-turns.ts';
import type { Job, Outcome } from './job.ts';

/** A caller that is alone gets all of it; of several, whoever has the fewest running goes first. */
const turns = fairTurns({
  atOnce: 2,
  perCaller: 2,
  mostWaiting: 128,
  mostWaitingOfOne: 64,
  longestWaitMs: 60_000,
  busy: (running, waiting) => errors.tooBusy({ most: running + waiting }),
});
/** A recording so large that its analysis needs more ends with an error, not with the server. */
const MOST_MEMORY_MB = 1_024;
const SOURCE = new URL('./thread.ts', import.meta.url);

const idle: Worker[] = [];

const start = (): Worker => {
  const worker = new Worker(SOURCE, {
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Stdout is the wire of MCP.
    stdout: true,
  });
  // One that ends while nobody waits for it is replaced when it is needed.
  worker.on('error', () => {});
  worker.on('exit', () => {
    const place = idle.indexOf(worker);
    if (place >= 0) idle.splice(place, 1);
  });
  // An idle thread is no reason to stay.
  worker.unref();
  return worker;
};

const ask = (worker: Worker, job: Job, signal: AbortSignal | undefined): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const end = () => {
      worker.off('message', answer);
      worker.off('error', fault);
      worker.off('exit', gone);
      signal?.removeEventListener('abort', cancel);
    };
    const fail = (error: Error) => {
      end();
      worker.terminate().catch(() => {});
      reject(error);
    };
    const answer = (outcome: Outcome) => {
      end();
      worker.unref();
      idle.push(worker);
      resolve(outcome);
    };
    const fault = (thrown: unknown) => fail(new Error(messageOf(thrown)));
    const gone = () => fail(new Error('its thread ended'));
    const cancel = () => fail(new Error('cancelled'));
    signal?.addEventListener('abort', cancel, { once: true });
    worker.on('message', answer);
    worker.on('error', fault);
    worker.on('exit', gone);
    worker.ref();
    worker.postMessage(job);
  });

/** The answer of a tool, computed beside this thread. Throws a UserError for what the caller can change. */
export const callInThread = async (job: Job, signal?: AbortSignal): Promise<Record<string, unknown>> => {
  const over = await turns.take(job.principal?.id, signal);
  try {
    signal?.throwIfAborted();
    const outcome = await ask(idle.pop() ?? start(), job, signal);
    if ('fault' in outcome) throw new UserError(outcome.fault, outcome.exitCode);
    if ('crash' in outcome) throw new Error(outcome.crash);
    return outcome.answer;
  } finally {
    over();
  }
};
