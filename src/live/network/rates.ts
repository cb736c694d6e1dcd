// Counts what happens within a sliding while, by key. Times in ns.

/** `add` returns how many there were of this key within the last `spanNs`, this one included. */
export const createRates = (spanNs: number, mostKeys = 10_000) => {
  const spans = new Map<string, { start: number; count: number; before: number }>();
  return {
    add: (key: string, time: number): number => {
      const span = spans.get(key);
      if (span === undefined) {
        if (spans.size >= mostKeys) spans.clear();
        spans.set(key, { start: time, count: 1, before: 0 });
        return 1;
      }
      if (time - span.start >= spanNs) {
        span.before = time - span.start < 2 * spanNs ? span.count : 0;
        span.count = 0;
        span.start = time;
      }
      span.count++;
      // The part of the span before that still lies within the while.
      return span.count + Math.floor(span.before * Math.max(0, 1 - (time - span.start) / spanNs));
    },
  };
};
