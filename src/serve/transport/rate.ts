// A token bucket for each caller. Reads no clock: the caller gives the time.

type Bucket = { left: number; at: number };
/** Callers that are remembered; the idle ones are forgotten first, and a forgotten one is as good as new. */
const MOST_CALLERS = 4_096;

/** `take` answers 0 when what costs so many calls may go on, else the seconds until it may. Times in ms. */
export const rateLimit = (perSecond: number, burst: number) => {
  const buckets = new Map<string, Bucket>();
  return {
    take: (caller: string, now: number, cost = 1): number => {
      const known = buckets.get(caller);
      const bucket = known ?? { left: burst, at: now };
      bucket.left = Math.min(burst, bucket.left + (Math.max(0, now - bucket.at) / 1000) * perSecond);
      bucket.at = now;
      // Last in the map is who asked last: the first is who has been silent longest.
      buckets.delete(caller);
      buckets.set(caller, bucket);
      const [oldest] = buckets.keys();
      if (buckets.size > MOST_CALLERS && oldest !== undefined) buckets.delete(oldest);
      if (bucket.left < cost) return (cost - bucket.left) / perSecond;
      bucket.left -= cost;
      return 0;
    },
  };
};
