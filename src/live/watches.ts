// The watches of this program, started together over one tap, with the book in which their alerts are kept.
import type { Alert } from '../base/alert.ts';
import type { Clock } from '../capture/clock.ts';
import type { LiveEvent } from '../capture/live/decode.ts';
import type { Tap } from '../capture/live/tap.ts';
import { type Allowed, isAllowed } from './alerts/allow-list.ts';
import { type AlertBook, createAlertBook } from './alerts/book.ts';
import { createExecMemory } from './alerts/exec-memory.ts';
import { remember } from './alerts/remember.ts';
import { startHostCounters } from './network/host-counters.ts';
import { startNetworkWatch } from './network/watch.ts';
import { ownRules, rules } from './security/rules.ts';
import { startSecurityWatch } from './security/watch.ts';
import type { WatchParts } from './watch-parts.ts';

export type Watches = {
  readonly book: AlertBook;
  readonly notWatched: readonly string[];
  readonly networkCounters: () => Readonly<Record<string, number>>;
  readonly stop: () => Promise<void>;
};

export type WatchOptions = {
  readonly allowed: readonly Allowed[];
  /** Keeps an event as evidence and returns its row; undefined when nothing is recorded. */
  readonly keep: (event: LiveEvent, name: string) => string | undefined;
  readonly onAlert: (alert: Alert) => void;
};

/** Starts all watches. */
export const startWatches = (tap: Tap, clock: Clock, { allowed, keep, onAlert }: WatchOptions): Watches => {
  const book = createAlertBook(onAlert);
  const execs = createExecMemory();
  const remembering = remember(execs, tap);
  const parts: WatchParts = {
    tap,
    clock,
    execs,
    keep,
    report: (finding) => {
      if (!isAllowed(allowed, finding)) book.add(finding);
    },
  };
  const started = [startSecurityWatch([...rules, ...ownRules(process.pid)], parts), startNetworkWatch(parts)];
  return {
    book,
    networkCounters: startHostCounters(),
    notWatched: started.flatMap(({ missing }) => missing.map(({ rule, event, why }) => `${rule}: ${event}: ${why}`)),
    stop: async () => {
      remembering.stop();
      await Promise.all(started.map(({ stop }) => stop()));
    },
  };
};
