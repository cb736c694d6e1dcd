// A caller that suddenly uses almost only one tool that it hardly used before. Says nothing until there is a habit to break.
import { MOST_PROOF, type Rule } from './rule.ts';

const LIMITS = { newest: 15, earlier: 150, leastEarlier: 60, shareNow: 0.7, shareBefore: 0.05 } as const;

const share = (part: number, whole: number): number => Math.round((part / whole) * 1000) / 1000;

export const unusualMix: Rule = {
  name: 'unusual_tool_mix',
  severity: 'notice',
  meaning: 'a caller now uses almost only a tool that it hardly used before',
  quietSeconds: 3600,
  find: ({ id, principal, method, name }, past) => {
    if (principal === null || name === null || method !== 'tools/call') return undefined;
    const newest = past.calls(principal, LIMITS.newest - 1);
    const same = newest.filter((call) => call.name === name).map((call) => call.id);
    const now = share(same.length + 1, newest.length + 1);
    if (now < LIMITS.shareNow) return undefined;
    const earlier = past.countCalls(principal, name, LIMITS.newest - 1, LIMITS.earlier);
    if (earlier.all < LIMITS.leastEarlier) return undefined;
    const before = share(earlier.same, earlier.all);
    if (before > LIMITS.shareBefore) return undefined;
    return { rows: [id, ...same].slice(0, MOST_PROOF), seen: { share_now: now, share_before: before } };
  },
};
