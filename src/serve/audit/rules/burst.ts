// Far more requests in a short time than an agent that thinks between them makes.
import { MOST_PROOF, type Rule } from './rule.ts';

const NAME = 'burst';
const QUIET_SECONDS = 300;
const LIMITS = { requests: 100, windowSeconds: 10 } as const;

export const burst: Rule = {
  name: NAME,
  severity: 'warning',
  meaning: 'many requests within seconds: a program rather than an agent, or an agent that runs in a circle',
  quietSeconds: QUIET_SECONDS,
  find: ({ principal }, past) => {
    if (principal === null) return undefined;
    const requests = past.countRecent(principal, LIMITS.windowSeconds, LIMITS.requests);
    if (requests < LIMITS.requests) return undefined;
    // It holds for each request of a burst: what was said is not proven anew for all of them.
    if (past.hasAlert(principal, NAME, QUIET_SECONDS)) return undefined;
    const rows = past.recent(principal, LIMITS.windowSeconds, MOST_PROOF).map(({ id }) => id);
    return { rows, seen: { requests, seconds: LIMITS.windowSeconds } };
  },
};
