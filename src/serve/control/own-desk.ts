// What one caller of a shared desk may see and do: its own subscriptions, so many at once, for so long. Knows no wire.
import type { LiveDesk, SubscriptionFacts } from '../../base/live-desk.ts';
import { redactProof, redactWatched } from '../live/redact-events.ts';
import { errors } from './errors.ts';

/**
 * What a caller who does not own the watch may have; and how many there may be of all callers before no such caller begins one more:
 * the rest of what the desk has room for is the owner's.
 */
export const GUEST = { subscriptions: 8, ttlSeconds: 3600, amongAll: 24 } as const;
/** How long a caller's news may be late for the sake of looking seldom, in ms. */
const LOOK_MS = 100;

export type SharedCaller = {
  /** Callers of the same id share their subscriptions. */
  readonly id: string;
  /** Sees all subscriptions, and is bounded by the desk alone. */
  readonly owns: boolean;
};

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

/** Makes of one desk one for each caller. A desk that is stopped here goes on for the others. */
export const shareDesk = (desk: LiveDesk): ((caller: SharedCaller) => LiveDesk) => {
  const owners = new Map<string, string>();
  const starting = new Map<string, number>();

  return ({ id: caller, owns }) => {
    const isOwn = (id: string): boolean => owns || owners.get(id) === caller;
    const list = async (): Promise<readonly SubscriptionFacts[]> => (await desk.list()).filter(({ id }) => isOwn(id));
    const checked = async (id: string): Promise<string> => {
      if (isOwn(id)) return id;
      const known = (await list()).filter(({ ended }) => ended === undefined).map((one) => one.id);
      throw errors.noSubscription({ id, known });
    };
    const begin = async (): Promise<void> => {
      const all = await desk.list();
      const there = new Set(all.map(({ id }) => id));
      for (const id of owners.keys()) if (!there.has(id)) owners.delete(id);
      const going = all.filter(({ id, ended }) => ended === undefined && owners.get(id) === caller).length;
      if (!owns && going + (starting.get(caller) ?? 0) >= GUEST.subscriptions)
        throw errors.tooManyOwn({ most: GUEST.subscriptions });
      const ofAll = all.filter(({ ended }) => ended === undefined).length;
      const beginning = [...starting.values()].reduce((sum, count) => sum + count, 0);
      if (!owns && ofAll + beginning >= GUEST.amongAll) throw errors.tooManyOfAll({ most: GUEST.amongAll });
      starting.set(caller, (starting.get(caller) ?? 0) + 1);
    };
    const begun = (): void => {
      const left = (starting.get(caller) ?? 1) - 1;
      if (left > 0) starting.set(caller, left);
      else starting.delete(caller);
    };

    return {
      ...desk,
      list,
      subscribe: async (request) => {
        await begin();
        try {
          const wished = request.ttlSeconds;
          const ttlSeconds = owns || wished === undefined ? wished : Math.min(wished, GUEST.ttlSeconds);
          const facts = await desk.subscribe({ ...request, ttlSeconds });
          owners.set(facts.id, caller);
          return facts;
        } finally {
          begun();
        }
      },
      facts: async (id) => desk.facts(await checked(id)),
      watch: async (request) => {
        const watched = await desk.watch({ ...request, id: await checked(request.id) });
        return owns ? watched : redactWatched(watched);
      },
      proof: async (id) => {
        const proof = await desk.proof(id);
        return owns ? proof : redactProof(proof);
      },
      unsubscribe: async (id) => desk.unsubscribe(await checked(id)),
      news: async (request) => {
        const end = performance.now() + request.waitMs;
        for (let { mark } = request; ; ) {
          const left = end - performance.now();
          const { subscriptions, ...news } = await desk.news({ ...request, mark, waitMs: Math.max(0, left) });
          const own = subscriptions.filter(isOwn);
          const found = own.length > 0 || news.alerts.length > 0 || request.mark === undefined;
          if (found || left <= 0 || request.signal?.aborted === true) return { ...news, subscriptions: own };
          mark = news.mark;
          await pause(Math.min(left, LOOK_MS));
        }
      },
      stop: async () => {},
    };
  };
};
