// A desk without a kernel: keeps what it is told and gives it out. For tests of what stands between a desk and its readers only.
import type { Alert } from '../../base/alert.ts';
import { collapseEvents } from '../../base/collapse-events.ts';
import { eventTable } from '../../base/event-table.ts';
import type { LiveDesk, LiveEvent, SubscriptionFacts } from '../../base/live-desk.ts';
import { noSubscription } from '../../base/no-subscription.ts';

const COUNTS = { seen: 0, matched: 0, sampled_out: 0, limited: 0, lost: 0, sent: 0 };

const eventForTest = (seq: number, path = `/tmp/${seq}`): LiveEvent => ({
  ...{ seq, time: seq, pid: 1, tid: 1, uid: 0, cpu: 0, comm: 'c', values: { path } },
});
const FIELDS = ['path'];
const WIDE = { characters: 1_000_000, rows: 1000 };

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
    watch: async ({ id, cursor, count, take = count, match, severity, room, collapse, waitMs, signal }) => {
      const all = events.get(found(id).id) ?? [];
      const [, , at = '0', told = String(alerts.length)] = cursor?.split('.') ?? [];
      const seq = Number(at);
      const raised = () => (severity === undefined ? [] : alerts.slice(Number(told)));
      const hit = () => all.slice(seq).find(({ values }) => match === `path == "${values.path}"`);
      const isThere = () => all.length - seq >= count || raised().length > 0 || hit() !== undefined;
      await wait(isThere, waitMs, signal);
      const stopped = hit() !== undefined ? 'match' : raised().length > 0 ? 'severity' : isThere() ? 'count' : 'time';
      const there = all.slice(seq, hit()?.seq);
      const fits = room === undefined ? there.length : eventTable(there, FIELDS, room).events;
      const isTooMuch = collapse !== undefined && (collapse.over === 0 || there.length > collapse.over * fits);
      const given = isTooMuch ? there : there.slice(0, Math.min(count, take, fits));
      const next = given.at(-1)?.seq ?? seq;
      const noted = raised().map(({ id: alert, severity: bad, rule, title }) => ({
        id: alert,
        severity: bad,
        rule,
        title,
      }));
      const place = severity === undefined ? '' : `.${noted.at(-1)?.id ?? told}`;
      return {
        ...{ events: isTooMuch ? [] : given, cursor: `e.${id}.${next}${place}`, gap: 0, more: all.length - next },
        ...{ stopped, match: hit(), alerts: noted.length === 0 ? undefined : noted },
        collapsed: isTooMuch ? collapseEvents(there, FIELDS, room ?? WIDE, collapse.by) : undefined,
      };
    },
    proof: async (id) => ({
      events: id > alerts.length ? [] : [{ ...eventForTest(id), uid: null, row: `live:${id}`, event: 'a:b' }],
      gone: id > alerts.length ? 0 : 1,
    }),
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
      for (let i = 0; i < times; i++) all.push(eventForTest(all.length + 1, path));
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
