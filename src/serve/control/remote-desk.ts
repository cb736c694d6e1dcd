// The live desk of another program, as this one's own: what is asked of it goes over the control socket. For servers that have no
// privilege of their own.
import type { LiveDesk } from '../../base/live-desk.ts';
import { connectionTo } from './connection.ts';
import { questions } from './language.ts';

/** The desk at that path. Connects when it is first asked, and anew when the connection was lost. */
export const openRemoteDesk = (path: string): LiveDesk => {
  const { ask, close } = connectionTo(path);
  return {
    subscribe: async (request) => (await ask(questions.subscribe, request)).facts,
    list: async () => (await ask(questions.list, {})).subscriptions,
    facts: async (id) => (await ask(questions.facts, { id })).facts,
    unsubscribe: async (id) => (await ask(questions.unsubscribe, { id })).facts,
    events: async () => (await ask(questions.events, {})).events,
    watch: async ({ signal, ...request }) => {
      const { id, count, take = count, match, room, waitMs } = request;
      const first = await ask(questions.watch, request, { signal, waitMs });
      const events = [...first.events];
      let last = first;
      let hit = first.match;
      const isDone = () => events.length >= Math.min(count, take) || events.at(-1)?.seq === hit?.seq;
      // What fits into a room fits into one answer.
      while (room === undefined && last.more > 0 && last.events.length > 0 && !isDone()) {
        const rest = { id, cursor: last.cursor, count: Math.min(count, take) - events.length, match, waitMs: 0 };
        const next = await ask(questions.watch, rest, { signal });
        // What is gone by now is told by the call that begins there.
        if (next.gap > 0) break;
        events.push(...next.events);
        hit ??= next.match;
        last = next;
      }
      const stopped = hit === undefined ? first.stopped : 'match';
      return { ...first, events, cursor: last.cursor, more: last.more, stopped, match: hit };
    },
    proof: (id) => ask(questions.proof, { id }),
    startWatches: async () => void (await ask(questions.start_watches, {})),
    alerts: async ({ after, least, waitMs, signal }) => {
      let read = await ask(questions.alerts, { after, least, waitMs }, { signal, waitMs });
      const alerts = [...read.alerts];
      const { gap } = read;
      for (let last = alerts.at(-1); read.more > 0 && last !== undefined; last = read.alerts.at(-1)) {
        read = await ask(questions.alerts, { after: last.id, least, waitMs: 0 }, { signal });
        alerts.push(...read.alerts);
      }
      const { more: _, ...rest } = read;
      return { ...rest, alerts, gap };
    },
    pending: async (after) => (await ask(questions.pending, { after })).pending,
    networkCounters: async () => (await ask(questions.network_counters, {})).counters,
    // Nobody waits for it but whoever is told of changes: it keeps no program running.
    news: ({ mark, waitMs, signal }) => ask(questions.news, { mark, waitMs }, { signal, waitMs, isAside: true }),
    stop: async () => close(),
  };
};
