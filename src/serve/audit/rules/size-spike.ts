// An answer several times as large as any that this tool gave before: somebody takes out all at once.
import type { Rule } from './rule.ts';

const LIMITS = { leastBytes: 65_536, times: 4, earlier: 100, leastEarlier: 20 } as const;

export const sizeSpike: Rule = {
  name: 'size_spike',
  severity: 'notice',
  meaning: 'an answer several times as large as any that this tool gave before',
  quietSeconds: 600,
  find: ({ id, name, bytes }, past) => {
    if (name === null || bytes === null || bytes < LIMITS.leastBytes) return undefined;
    const earlier = past.answersOf(name, LIMITS.earlier);
    if (earlier.length < LIMITS.leastEarlier) return undefined;
    const [largest] = earlier.toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
    if (largest?.bytes == null || bytes < largest.bytes * LIMITS.times) return undefined;
    return { rows: [id, largest.id], seen: { bytes, largest_before: largest.bytes } };
  },
};
