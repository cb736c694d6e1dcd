// Counts rows that are not taken over, by what they are.
import type { Event } from './events.ts';

type Named = { readonly source: number; readonly op: number; readonly name: string };

export const createLeftOut = (named: readonly Named[]) => {
  const names = new Map(named.map(({ source, op, name }) => [`${source} ${op}`, name.slice(0, 40)]));
  const counts = new Map<string, number>();
  const count = (what: string, by: number) => counts.set(what, (counts.get(what) ?? 0) + by);
  return {
    add: ({ source, op }: Event) => count(names.get(`${source} ${op}`) ?? `operation ${op} of source ${source}`, 1),
    unreadable: () => count('rows that hold no event', 1),
    others: (rows: number) => count('rows of other runs or hosts', rows),
    /** Most first. */
    kinds: () =>
      [...counts]
        .map(([what, rows]) => ({ what, count: rows }))
        .sort((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1)),
  };
};
