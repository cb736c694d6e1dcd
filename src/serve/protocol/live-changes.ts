// Notices what becomes another in the running kernel: alerts, subscriptions, and whether it can be asked at all. Tells whoever listens
// at most once a second, however much happens. Wakes nothing: a desk that nobody has asked is not asked for news.
import type { LiveDesk } from '../../base/live-desk.ts';
import { liveState } from '../live/desk-of.ts';
import { alertsResource, OPEN } from '../resources/alerts.ts';
import { uriOf } from '../resources/resource.ts';
import { subscriptionsResource } from '../resources/subscriptions.ts';
import type { ToolContext } from '../tool.ts';
import type { Changes, OnChange } from './changes.ts';

const EVERY_MS = 1_000;
/** How long the desk is asked to wait for news. */
const WAIT_MS = 50_000;

/** To wait is no reason to stay. */
const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** Watches the live side of a context. `everyMs` is how often changes are told. */
export const watchLive = (context: ToolContext, everyMs = EVERY_MS): Changes => {
  const listeners = new Set<OnChange>();
  let following: AbortController | undefined;
  const tell: OnChange = (change) => {
    for (const listener of [...listeners]) listener(change);
  };
  const tellNews = ({ alerts, subscriptions }: Awaited<ReturnType<LiveDesk['news']>>) => {
    if (alerts.length > 0) tell({ kind: 'updated', uri: uriOf(alertsResource, OPEN) });
    for (const id of alerts) tell({ kind: 'updated', uri: uriOf(alertsResource, String(id)) });
    for (const id of subscriptions) tell({ kind: 'updated', uri: uriOf(subscriptionsResource, id) });
  };
  const follow = async (signal: AbortSignal): Promise<void> => {
    let state = liveState(context);
    let mark: string | undefined;
    for (; !signal.aborted; await pause(everyMs)) {
      const now = liveState(context);
      if ((now === 'absent') !== (state === 'absent'))
        for (const list of ['tools', 'resources'] as const) tell({ kind: 'list', of: list });
      state = now;
      if (state !== 'awake') continue;
      try {
        const news = await (await context.live?.())?.news({ mark, waitMs: WAIT_MS, signal });
        mark = news?.mark;
        if (news !== undefined && !signal.aborted) tellNews(news);
      } catch {
        // Whoever watched is gone: the next one's news are all new.
      }
    }
  };
  const stop = () => {
    following?.abort();
    following = undefined;
  };
  return {
    listen: (listener) => {
      listeners.add(listener);
      if (following === undefined) {
        following = new AbortController();
        void follow(following.signal);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    close: () => {
      listeners.clear();
      stop();
    },
  };
};
