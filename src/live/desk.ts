// The desk at which subscriptions are taken: checks them, keeps their events for readers, ends those that are over or cost
// too much. One for the whole program, whoever asks.
import { type Alert, type Finding, pendingOf, type WatchName, watchNames } from '../base/alert.ts';
import type {
  KeptEvent,
  LiveDesk,
  LiveEvent,
  SubscriptionFacts,
  SubscriptionRequest,
  WatchRequest,
} from '../base/live-desk.ts';
import type { Clock } from '../capture/clock.ts';
import { errors as liveErrors } from '../capture/live/errors.ts';
import { openTap, type Tapped } from '../capture/live/tap.ts';
import type { Allowed } from './alerts/allow-list.ts';
import { cursorOf } from './cursor.ts';
import { errors } from './errors.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createFloods } from './floods.ts';
import { isHot } from './hot-events.ts';
import { LIMITS } from './limits.ts';
import { createNews } from './news.ts';
import { readLog } from './read-log.ts';
import { shownFields } from './shown-fields.ts';
import { waitUntil } from './wait-until.ts';
import { startWatches, type Watches } from './watches.ts';

const GUARD_MS = 1000;
/** Longer than any program runs, and still a number that can be sent. */
const ENDLESS_NS = 1e18;

type Subscription = {
  readonly id: string;
  readonly request: SubscriptionRequest;
  readonly tapped: Tapped;
  readonly log: EventLog;
  readonly sample: number;
  readonly rate: number;
  readonly estimatedRate: number;
  readonly expires: number;
  readonly waiting: Set<() => void>;
  matchedBefore: number;
  readonly floods: ReturnType<typeof createFloods>;
  ended: string | undefined;
};

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

/** A copy: whoever is woken leaves. */
const wakeAll = (waiting: ReadonlySet<() => void>): void => {
  for (const wake of [...waiting]) wake();
};

const within = (name: string, value: number, most: number): number => {
  if (!Number.isInteger(value) || value < 1 || value > most) throw errors.outOfRange({ name, value, most });
  return value;
};

export type DeskOptions = {
  /** Hears of every event that any subscription delivers, with its name and the expression that asked for it. */
  readonly onEvent?: (event: LiveEvent, name: string, expression: string) => void;
  /** Writes an event that proves an alert into a recording and returns its row, undefined where it had no room; else it is kept here. */
  readonly keep?: (event: KeptEvent, name: string) => string | undefined;
  readonly onAlert?: (alert: Alert) => void;
  /** Hears of an alert that was found again. */
  readonly onAgain?: (alert: Alert, finding: Finding) => void;
  /** Which watches there are; all of them unless told. */
  readonly only?: readonly WatchName[];
  /** Files and folders of this program, which nobody else changes. */
  readonly own?: readonly string[];
  /** What the owner of the machine has declared harmless. */
  readonly allowed?: readonly Allowed[];
};

/** The desk as the program that opened it has it. */
export type Desk = LiveDesk & {
  /** As `subscribe`, for as long as this program runs: only its owner stays to end it. */
  readonly follow: (request: Omit<SubscriptionRequest, 'ttlSeconds'>) => Promise<SubscriptionFacts>;
  /** Hands over what waits in the kernel now. */
  readonly drain: () => void;
  /** What the watches did not see or say so far; nothing of it while they have not been started. */
  readonly missed: () => {
    /** By rule. */
    readonly unseen: ReadonlyMap<string, number>;
    readonly heldBack: ReadonlyMap<string, number>;
    readonly notWatched: readonly string[];
  };
};

/** Opens the desk. Throws a UserError without privileges. */
export const openDesk = (
  clock: Clock,
  { onEvent = () => {}, keep, allowed = [], onAlert = () => {}, onAgain = () => {}, only, own = [] }: DeskOptions = {},
): Desk => {
  const tap = openTap(clock);
  const epoch = BigInt(clock.unixStart).toString(36);
  const subscriptions = new Map<string, Subscription>();
  const news = createNews(epoch);
  let nextId = 1;
  /** Subscriptions that are being tried out: they have their place already. */
  let beginning = 0;

  const live = () => [...subscriptions.values()].filter(({ ended }) => ended === undefined);

  const end = (subscription: Subscription, why: string) => {
    if (subscription.ended !== undefined) return;
    tap.drain();
    subscription.ended = why;
    subscription.tapped.stop();
    news.subscription(subscription.id);
    wakeAll(subscription.waiting);
    const over = [...subscriptions.values()].filter(({ ended }) => ended !== undefined);
    for (const { id } of over.slice(0, Math.max(0, over.length - LIMITS.ended))) subscriptions.delete(id);
  };

  /** Once a second: what is over, and what costs too much. */
  const guard = () => {
    for (const subscription of live()) {
      const { tapped } = subscription;
      const { matched, limited } = tapped.counts();
      // Whoever floods pays for it, and takes the subscription from nobody.
      const flood = subscription.floods.look(subscription.id, [{ unseen: limited, limitedBy: tapped.limitedBy }]);
      const others = matched - subscription.matchedBefore - (flood?.by[0]?.count ?? 0);
      const rate = (others * 1000) / GUARD_MS;
      subscription.matchedBefore = matched;
      if (clock.now() >= subscription.expires) end(subscription, 'its time was over');
      else if (rate / subscription.sample > LIMITS.matchedRate)
        end(subscription, `it matched ${Math.round(rate)} events in a second, and ${LIMITS.matchedRate} are the most`);
    }
  };
  const guarding = setInterval(guard, GUARD_MS);
  guarding.unref();

  const found = (id: string): Subscription => {
    const subscription = subscriptions.get(id);
    if (subscription !== undefined) return subscription;
    throw errors.noSubscription({ id, known: live().map((one) => one.id) });
  };

  const factsOf = ({
    id,
    request,
    tapped,
    log,
    sample,
    rate,
    estimatedRate,
    expires,
    ended,
  }: Subscription): SubscriptionFacts => ({
    id,
    expression: request.expression,
    event: tapped.event,
    fields: Object.fromEntries(shownFields(tapped.format).map(({ name, type }) => [name, type])),
    sample,
    rate,
    estimated_rate: estimatedRate,
    counts: tapped.counts(),
    ...(ended === undefined ? {} : { ended }),
    expires_in_seconds: ended === undefined ? Math.max(0, Math.round((expires - clock.now()) / 1e9)) : 0,
    cursor: cursorOf({ epoch, id, seq: log.first() - 1 }),
  });

  /** Counts for a moment, delivering nothing: how many would come. */
  const tryOut = async (expression: string): Promise<number> => {
    const trial = tap.subscribe(expression, { sample: 1, rate: 0, wake: false }, () => {});
    const began = performance.now();
    await pause(LIMITS.trialMs);
    const { matched } = trial.counts();
    trial.stop();
    return (matched * 1000) / (performance.now() - began);
  };

  const begin = async (request: SubscriptionRequest, isEndless: boolean): Promise<SubscriptionFacts> => {
    const sample = within('the sample', request.sample ?? 1, LIMITS.mostSample);
    const rate = within('the rate', request.rate ?? LIMITS.rate, LIMITS.mostRate);
    const ttl = within('the time to live', request.ttlSeconds ?? LIMITS.ttlSeconds, LIMITS.mostTtlSeconds);
    const [, event = ''] = /^\s*([\w-]+[:/][\w.]+)/.exec(request.expression) ?? [];
    if (isHot(event.replace('/', ':')) && !/\bwhere\b/i.test(request.expression) && sample === 1)
      throw liveErrors.needsPredicate({ event });
    const estimatedRate = await tryOut(request.expression);
    if (estimatedRate / sample > LIMITS.matchedRate)
      throw liveErrors.tooHot({ event, rate: Math.round(estimatedRate), most: LIMITS.matchedRate });
    const id = `s${nextId++}`;
    const log = createEventLog(LIMITS.kept);
    const waiting = new Set<() => void>();
    const tapped = tap.subscribe(request.expression, { sample, rate, wake: false }, (event) => {
      onEvent(log.add(event), tapped.event, request.expression);
      news.subscription(id);
      wakeAll(waiting);
    });
    const expires = isEndless ? ENDLESS_NS : clock.now() + ttl * 1e9;
    const subscription: Subscription = {
      ...{ id, request, tapped, log, sample, rate, estimatedRate, expires, waiting },
      matchedBefore: 0,
      floods: createFloods(),
      ended: undefined,
    };
    subscriptions.set(id, subscription);
    news.subscription(id);
    return factsOf(subscription);
  };

  const subscribe = async (request: SubscriptionRequest, isEndless = false): Promise<SubscriptionFacts> => {
    if (live().length + beginning >= LIMITS.subscriptions) throw errors.tooMany({ most: LIMITS.subscriptions });
    beginning++;
    try {
      return await begin(request, isEndless);
    } finally {
      beginning--;
    }
  };

  const watch = async (request: WatchRequest) => {
    const subscription = found(request.id);
    const { id, tapped, log, waiting } = subscription;
    const hasEnded = () => subscription.ended !== undefined;
    const alertsThere = () => {
      if (only?.length === 0) throw errors.noWatches({});
      return watching().book;
    };
    return readLog(
      { epoch, id, format: tapped.format, log, waiting, hasEnded, alerts: alertsThere, drain: tap.drain },
      request,
    );
  };

  let watches: Watches | undefined;
  const alertWaiters = new Set<() => void>();
  const watching = (): Watches => {
    watches ??= startWatches(tap, clock, {
      allowed,
      keep,
      only,
      own,
      onAlert: (alert) => {
        onAlert(alert);
        news.alert(alert.id);
        for (const { waiting } of live()) wakeAll(waiting);
        wakeAll(alertWaiters);
      },
      onAgain: (alert, finding) => {
        onAgain(alert, finding);
        news.alert(alert.id);
      },
    });
    return watches;
  };

  /** Nothing is claimed of what nobody watches. */
  const absent = watchNames
    .filter((name) => only !== undefined && !only.includes(name))
    .map((name) => `${name}: the program that watches was started without it`);
  const alerts: LiveDesk['alerts'] = async ({ after, least, waitMs, signal }) => {
    const { book, notWatched, unseen, since } = watching();
    await waitUntil(() => book.list(after, least).length > 0, alertWaiters, waitMs, signal);
    return {
      alerts: book.list(after, least),
      held_back: Object.fromEntries(book.heldBack()),
      not_watched: [...absent, ...notWatched],
      last_id: book.lastId(),
      gap: book.gap(after),
      unseen: Object.fromEntries(unseen()),
      ...{ now: clock.now(), since },
    };
  };

  return {
    subscribe: async (request) => subscribe(request),
    follow: async (request) => subscribe(request, true),
    watch,
    alerts,
    news: news.read,
    pending: async (after) => pendingOf(watches?.book.list(after, 'low') ?? []),
    proof: async (id) => watches?.proof(id) ?? { events: [], gone: 0 },
    drain: tap.drain,
    missed: () => ({
      unseen: watches?.unseen() ?? new Map(),
      heldBack: watches?.book.heldBack() ?? new Map(),
      notWatched: watches?.notWatched ?? [],
    }),
    networkCounters: async () => watching().networkCounters(),
    startWatches: async () => void watching(),
    list: async () => [...subscriptions.values()].map(factsOf),
    facts: async (id) => factsOf(found(id)),
    unsubscribe: async (id) => {
      const subscription = found(id);
      end(subscription, 'it was ended');
      return factsOf(subscription);
    },
    events: async () => tap.inventory.events(),
    stop: async () => {
      clearInterval(guarding);
      await watches?.stop();
      for (const subscription of live()) end(subscription, 'the program ended');
      await tap.stop();
    },
  };
};
