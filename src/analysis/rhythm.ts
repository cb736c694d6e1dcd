// Finds the beat of a loop: the call that comes once in each step, after always the same number of other calls. Judges the
// order of calls only, not their times, so that a slow step is still a step.

/** Part of the distances between two beats that must be alike. */
const STEADY = 0.7;
/** Beats below which there is no rhythm. */
const LEAST_BEATS = 8;

type Beat = { readonly op: string; readonly role: string; readonly tid: number; readonly stream?: number | null };

type Seen = { readonly op: string; readonly role: string; last: number; count: number; distances: Map<number, number> };

/** What tells the calls of a loop apart. */
const keyOf = ({ op, tid, stream }: Beat): string => `${tid} ${op} ${stream ?? '-'}`;

/** Kinds of call with how often they come and how many calls of their thread lie between two of them. */
const seenIn = (parts: readonly (readonly Beat[])[]): readonly Seen[] => {
  const kinds = new Map<string, Seen>();
  for (const calls of parts) {
    const places = new Map<number, number>();
    for (const kind of kinds.values()) kind.last = -1;
    for (const call of calls) {
      const place = (places.get(call.tid) ?? 0) + 1;
      places.set(call.tid, place);
      const key = keyOf(call);
      const kind = kinds.get(key) ?? { op: call.op, role: call.role, last: -1, count: 0, distances: new Map() };
      kinds.set(key, kind);
      kind.count++;
      if (kind.last >= 0) kind.distances.set(place - kind.last, (kind.distances.get(place - kind.last) ?? 0) + 1);
      kind.last = place;
    }
  }
  return [...kinds.values()];
};

const steadiness = ({ distances }: Seen): number => {
  const counts = [...distances.values()];
  const all = counts.reduce((sum, count) => sum + count, 0);
  return all < LEAST_BEATS ? 0 : Math.max(...counts) / all;
};

/** The usual number of calls from one beat to the next. */
const periodOf = ({ distances }: Seen): number =>
  [...distances].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 0;

/**
 * The operation that beats: of `parts`, each the calls of a stretch of time in order. Waits for the device come before others,
 * since a loop has them at the end of a step. Undefined when nothing comes steadily, or each call is like the next.
 */
export const stepOf = (parts: readonly (readonly Beat[])[]): string | undefined => {
  const steady = seenIn(parts).filter((kind) => steadiness(kind) >= STEADY && periodOf(kind) > 1);
  const rank = ({ role }: Seen): number => (role === 'sync' ? 0 : role === 'copy' ? 1 : 2);
  return steady.sort((a, b) => rank(a) - rank(b) || b.count - a.count || (a.op < b.op ? -1 : 1))[0]?.op;
};
