// How long a command that watches goes on: until a signal comes or its time is over.
import { startLongTimer } from '../base/long-timer.ts';
import type { Arguments } from './arguments.ts';

/** `signal` fires then; `done` lets go of the clock. */
export const untilStopped = (args: Arguments) => {
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const duration = args.time('duration');
  const timer = duration === undefined ? undefined : startLongTimer(duration / 1e6, end);
  return { signal: stop.signal, done: () => timer?.cancel() };
};
