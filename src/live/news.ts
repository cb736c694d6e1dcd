// What became another, in the order in which it did: for readers who come back with a mark. Knows no event and no alert, only ids.
import type { LiveDesk, News } from '../base/live-desk.ts';
import { LIMITS } from './limits.ts';
import { waitUntil } from './wait-until.ts';

/** Things that are remembered; a reader who stays away until so many others changed does not hear of the first ones. */
const MOST = 2000;

type Change = { readonly at: number } & (
  | { readonly alert: number; readonly subscription?: undefined }
  | { readonly subscription: string; readonly alert?: undefined }
);

export type NewsDesk = {
  /** An alert is new, or was found again. */
  readonly alert: (id: number) => void;
  /** A subscription began, ended, or has new events. */
  readonly subscription: (id: string) => void;
  readonly read: LiveDesk['news'];
};

/** News of one desk; `epoch` tells its marks from those of another. */
export const createNews = (epoch: string): NewsDesk => {
  const changes = new Map<number | string, Change>();
  const waiting = new Set<() => void>();
  let now = 0;

  const note = (key: number | string, change: Change) => {
    // What changed last stands last: the first is what nobody spoke of for longest.
    changes.delete(key);
    changes.set(key, change);
    const [oldest] = changes.keys();
    if (changes.size > MOST && oldest !== undefined) changes.delete(oldest);
    for (const wake of [...waiting]) wake();
  };
  const since = (mark: string): number => {
    const [, of, at] = /^([0-9a-z]+)\.(\d{1,15})$/.exec(mark) ?? [];
    // A mark of before this program began: all is new.
    return of === epoch ? Number(at) : 0;
  };
  return {
    alert: (id) => note(id, { at: ++now, alert: id }),
    subscription: (id) => note(id, { at: ++now, subscription: id }),
    read: async ({ mark, waitMs, signal }): Promise<News> => {
      const from = mark === undefined ? now : since(mark);
      if (mark !== undefined)
        await waitUntil(() => now > from, waiting, Math.min(waitMs, LIMITS.longestWaitMs), signal);
      const found = [...changes.values()].filter(({ at }) => at > from);
      return {
        mark: `${epoch}.${now}`,
        alerts: found.flatMap(({ alert }) => (alert === undefined ? [] : [alert])),
        subscriptions: found.flatMap(({ subscription }) => (subscription === undefined ? [] : [subscription])),
      };
    },
  };
};
