// The watches of the running kernel, in a test: started over a tap of their own, and ended with the test whatever happens.
import type { Alert } from '../../src/base/alert.ts';
import { startClock } from '../../src/capture/clock.ts';
import { openTap } from '../../src/capture/live/tap.ts';
import { type Actor, startActor } from '../../src/cli/actor.ts';
import { startWatches, type WatchOptions } from '../../src/live/watches.ts';
import type { Owner } from './recorder.ts';

/** How often each injector and each fault is played: one short run, or several when they are asked for. */
export const RUNS = Number(process.env.WHYTRACE_RUNS ?? 1);

export const startWatching = (owner: Owner, options: Partial<WatchOptions> = {}) => {
  const clock = startClock();
  const tap = openTap(clock);
  let watches: ReturnType<typeof startWatches> | undefined;
  const stop = async () => {
    await watches?.stop();
    watches = undefined;
    await tap.stop();
  };
  owner.after(stop);
  const alerts: Alert[] = [];
  watches = startWatches(tap, clock, {
    allowed: [],
    keep: () => undefined,
    onAlert: (alert) => alerts.push(alert),
    ...options,
  });
  const { book, notWatched, unseen } = watches;
  return { clock, alerts, book, notWatched, unseen, stop };
};

/** A program of lab/live that ends with the test. */
export const actorOf = async (owner: Owner, script: string, args: readonly string[] = []): Promise<Actor> => {
  const actor = await startActor(script, args);
  owner.after(actor.end);
  return actor;
};

/** Whether an alert is about a process or one that comes from it. */
export const isOf =
  (pid: number) =>
  ({ process, ancestry }: Alert): boolean =>
    process?.pid === pid || ancestry?.some((parent) => parent.pid === pid) === true;
