// The watches of this program, started together over one tap, with the book in which their alerts are kept.
import { type Alert, type Finding, type WatchName, watchNames } from '../base/alert.ts';
import type { KeptEvent, Proof } from '../base/live-desk.ts';
import type { Clock } from '../capture/clock.ts';
import type { Tap } from '../capture/live/tap.ts';
import { type Allowed, isAllowed } from './alerts/allow-list.ts';
import { type AlertBook, createAlertBook } from './alerts/book.ts';
import { createExecMemory } from './alerts/exec-memory.ts';
import { createProofs } from './alerts/proofs.ts';
import { remember } from './alerts/remember.ts';
import { createSuspects } from './alerts/suspects.ts';
import { startHostCounters } from './network/host-counters.ts';
import { startNetworkWatch } from './network/watch.ts';
import { ownPlaces, PLACES, type Place } from './security/places.ts';
import { ownRules, rules } from './security/rules.ts';
import { startSecurityWatch } from './security/watch.ts';
import type { Watching, WatchParts } from './watch-parts.ts';

export type Watches = {
  readonly book: AlertBook;
  readonly notWatched: readonly string[];
  readonly networkCounters: () => Readonly<Record<string, number>>;
  /** The events that prove an alert; none for an id that is no alert. */
  readonly proof: (id: number) => Proof;
  /** Events that were not looked at, since there were too many, by rule. */
  readonly unseen: () => ReadonlyMap<string, number>;
  /** When they began, in ns since the clock's start. */
  readonly since: number;
  readonly stop: () => Promise<void>;
};

export type WatchOptions = {
  readonly allowed: readonly Allowed[];
  /** Writes an event into a recording and returns its row; undefined when there was no room for it. Without it nothing is recorded. */
  readonly keep?: ((event: KeptEvent, name: string) => string | undefined) | undefined;
  readonly onAlert: (alert: Alert) => void;
  /** Hears of an alert that was found again. */
  readonly onAgain?: ((alert: Alert, finding: Finding) => void) | undefined;
  /** Which watches; all of them unless told. */
  readonly only?: readonly WatchName[] | undefined;
  /** Files and folders of this program: recordings, logs, keys. */
  readonly own?: readonly string[] | undefined;
  /** What is guarded; the places of every system unless told. */
  readonly places?: readonly Place[] | undefined;
};

/** The compiled kernel side: whoever changes it changes what is seen. */
const COMPILED = `${new URL('../../bpf/build/', import.meta.url).pathname}${process.arch}`;

/** Starts all watches. */
export const startWatches = (
  tap: Tap,
  clock: Clock,
  { allowed, keep, onAlert, onAgain, only = watchNames, own = [], places = PLACES }: WatchOptions,
): Watches => {
  const book = createAlertBook(onAlert, onAgain);
  const proofs = createProofs(keep);
  const execs = createExecMemory();
  const started: Watching[] = [];
  const remembering = remember(execs, tap);
  const parts: WatchParts = {
    tap,
    clock,
    execs,
    suspects: createSuspects(execs, () => {
      tap.drain();
      for (const { catchUp } of started) catchUp?.();
    }),
    keep: proofs.keep,
    report: (finding) => {
      const added = isAllowed(allowed, finding) ? undefined : book.add(finding);
      if (added !== undefined) proofs.claim(added.alert);
    },
  };
  const guarded = [...places, ...ownPlaces([COMPILED, ...own])];
  const stop = async () => {
    remembering.stop();
    await Promise.all(started.map((one) => one.stop()));
  };
  const start = {
    network: () => startNetworkWatch(parts),
    security: () => startSecurityWatch([...rules, ...ownRules(process.pid)], guarded, parts),
  } as const;
  try {
    for (const name of only) started.push(start[name]());
  } catch (thrown) {
    // Whoever asks again starts them again: nothing may go on by itself.
    stop().catch(() => {});
    throw thrown;
  }
  return {
    book,
    networkCounters: startHostCounters(),
    proof: (id) => {
      const [alert] = book.list(id - 1, 'info');
      return alert?.id === id ? proofs.of(alert) : { events: [], gone: 0 };
    },
    unseen: () => new Map(started.flatMap(({ unseen }) => [...unseen()])),
    since: clock.now(),
    get notWatched() {
      return started.flatMap(({ missing }) => missing.map(({ rule, event, why }) => `${rule}: ${event}: ${why}`));
    },
    stop,
  };
};
