// A desk without a kernel: keeps what it is told and gives it out. For tests of what stands between a desk and its readers only.
import type { Alert } from '../../base/alert.ts';
import type { LiveDesk, LiveEvent, SubscriptionFacts } from '../../base/live-desk.ts';
import { noSubscription } from '../../base/no-subscription.ts';

const COUNTS = { seen: 0, matched: 0, sampled_out: 0, limited: 0, lost: 0, sent: 0 };

export const alertForTest = (id: number): Alert => ({
  ...{
    id,
    rule: 'exec_from_tmp',
    watch: 'security',
    severity: 'medium',
    title: 'a program in /tmp',
    time: id,
    last: id,
  },
  ...{ count: 1, key: String(id), facts: { file: '/tmp/x' }, evidence: [], benign: 'builds do it' },
});

/** `push` adds an event of a subscription, `raise` an alert; both are news. `waits` are the signals of those who wait now. */
export const deskForTest = () => {
  const events = new Map<string, LiveEvent[]>();
  const facts = new Map<string, SubscriptionFacts>();
  const alerts: Alert[] = [];
  const waits = new Set<AbortSignal | undefined>();
  let news = 0;
  let latest: { alerts: number[]; subscriptions: string[] } = { alerts: [], subscriptions: [] };

  const wait = async (holds: () => boolean, waitMs: number, signal: AbortSignal | undefined): Promise<void> => {
    const end = performance.now() + waitMs;
    waits.add(signal);
    while (!holds() && performance.now() < end && signal?.aborted !== true)
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    waits.delete(signal);
  };
  const found = (id: string): SubscriptionFacts => {
    const one = facts.get(id);
    if (one === undefined) throw noSubscription({ id, known: [...facts.keys()] });
    return one;
  };
  const desk: LiveDesk = {
    subscribe: async ({ expression, sample = 1, rate = 1000, ttlSeconds = 600 }) => {
      const id = `s${facts.size + 1}`;
      const fields = { path: 'char *' };
      const made = { id, expression, event: expression, fields, sample, rate, estimated_rate: 0, counts: COUNTS };
      facts.set(id, { ...made, expires_in_seconds: ttlSeconds, cursor: `e.${id}.0` });
      events.set(id, []);
      return found(id);
    },
    list: async () => [...facts.values()],
    facts: async (id) => found(id),
    unsubscribe: async (id) => {
      const ended = { ...found(id), ended: 'it was ended' };
      facts.set(id, ended);
      return ended;
    },
    watch: async ({ id, cursor, count, waitMs, signal }) => {
      const all = events.get(found(id).id) ?? [];
      const seq = Number(cursor?.split('.')[2] ?? 0);
      await wait(() => all.length - seq >= count, waitMs, signal);
      const given = all.slice(seq, seq + count);
      const next = given.at(-1)?.seq ?? seq;
      return { events: given, cursor: `e.${id}.${next}`, gap: 0, more: all.length - next };
    },
    events: async () => ['sched:sched_process_exec', 'cuda:cudaMalloc'],
    startWatches: async () => {},
    alerts: async ({ after, waitMs, signal }) => {
      const wanted = () => alerts.filter(({ id }) => id > after);
      await wait(() => wanted().length > 0, waitMs, signal);
      const missed = { held_back: { noisy: 3 }, unseen: { loud: 9 }, not_watched: ['dns: none'], gap: 2 };
      return { ...missed, alerts: wanted(), last_id: alerts.length, now: 7e9, since: 1e9 };
    },
    networkCounters: async () => ({ tcp_segments_sent: 7 }),
    news: async ({ mark, waitMs, signal }) => {
      if (mark === undefined) return { mark: `e.${news}`, alerts: [], subscriptions: [] };
      const from = Number(mark.split('.')[1]);
      await wait(() => news > from, waitMs, signal);
      return news > from ? { mark: `e.${news}`, ...latest } : { mark, alerts: [], subscriptions: [] };
    },
    stop: async () => {},
  };
  return {
    ...{ desk, waits },
    push: (id: string, times = 1, path?: string): void => {
      const all = events.get(id) ?? [];
      for (let i = 0; i < times; i++) {
        const seq = all.length + 1;
        all.push({
          seq,
          time: seq,
          pid: 1,
          tid: 1,
          uid: 0,
          cpu: 0,
          comm: 'c',
          values: { path: path ?? `/tmp/${seq}` },
        });
      }
      latest = { alerts: [], subscriptions: [id] };
      news++;
    },
    raise: (): void => {
      alerts.push(alertForTest(alerts.length + 1));
      latest = { alerts: [alerts.length], subscriptions: [] };
      news++;
    },
  };
};
