// A thread beside the query that ends the whole process when its time or memory is used up: a running statement notices nothing,
// and whoever asked may be busy or gone. Knows limits, not queries.
import { Worker, workerData } from 'node:worker_threads';

/** Resident memory of the process, at most. SQLite in Node keeps no account of its own, so that its heap limit does nothing. */
export const MOST_MEMORY = 384 * 1024 * 1024;
const LOOK_MS = 10;

const watch = (limit: Int32Array): void => {
  Atomics.wait(limit, 0, 0);
  const until = performance.now() + Atomics.load(limit, 0);
  while (performance.now() < until && process.memoryUsage.rss() < MOST_MEMORY)
    Atomics.wait(limit, 0, Atomics.load(limit, 0), Math.max(1, Math.min(LOOK_MS, until - performance.now())));
  process.kill(process.pid, 'SIGKILL');
};

/** Starts the thread. The returned function begins the time, in seconds. */
export const startWatchdog = (): ((seconds: number) => void) => {
  const limit = new Int32Array(new SharedArrayBuffer(4));
  new Worker(new URL(import.meta.url), { workerData: { limit } }).unref();
  return (seconds) => {
    Atomics.store(limit, 0, Math.max(1, Math.ceil(seconds * 1000)));
    Atomics.notify(limit, 0);
  };
};

const data: unknown = workerData;
if (typeof data === 'object' && data !== null && 'limit' in data && data.limit instanceof Int32Array) watch(data.limit);
