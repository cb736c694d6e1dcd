// Who made more events of a rule than are looked at, since it was asked last. Knows no rule, and not what limits it.
import type { Limited } from '../capture/live/fair-limit.ts';

/** What is limited on its own, such as one subscription. */
export type Limit = {
  /** Events that were not looked at, so far. */
  readonly unseen: number;
  /** Whose they were; a process may lose its place in it to another. */
  readonly limitedBy: () => readonly Limited[];
};
export type Flood = {
  readonly rule: string;
  readonly unseen: number;
  /** Of these, by process and user, most first; the rest is of others. */
  readonly by: readonly Limited[];
};

const nameOf = ({ pid, uid }: Limited) => `${pid} ${uid}`;

/** `look` says of a rule with these limits what is new; undefined when nothing is. */
export const createFloods = () => {
  const told = new Map<string, number>();
  const before = new Map<string, ReadonlyMap<string, number>>();
  return {
    look: (rule: string, limits: readonly Limit[]): Flood | undefined => {
      const sums = new Map<string, Limited>();
      let unseen = 0;
      for (const [i, limit] of limits.entries()) {
        const name = `${rule} ${i}`;
        const more = limit.unseen - (told.get(name) ?? 0);
        if (more === 0) continue;
        told.set(name, limit.unseen);
        unseen += more;
        const last = before.get(name);
        const now = limit.limitedBy();
        before.set(name, new Map(now.map((one) => [nameOf(one), one.count])));
        for (const one of now) {
          const had = last?.get(nameOf(one)) ?? 0;
          // Fewer than before: its place was another's meanwhile.
          const count = one.count - (one.count < had ? 0 : had);
          if (count > 0) sums.set(nameOf(one), { ...one, count: count + (sums.get(nameOf(one))?.count ?? 0) });
        }
      }
      const by = [...sums.values()].sort((a, b) => b.count - a.count);
      return unseen === 0 ? undefined : { rule, unseen, by };
    },
  };
};
