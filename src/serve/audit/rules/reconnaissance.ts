// Listing what there is, again and again, without ever asking for any of it. An ordinary client lists once when it connects,
// four or five requests; one that is restarted a few times stays below the limit too.
import { MOST_PROOF, type Rule } from './rule.ts';

const LIMITS = { listings: 20, windowSeconds: 600, rowsRead: 200 } as const;
const LISTING = /^(?:initialize|server\/discover|[a-z/]+\/list)$/;
const USE = new Set(['tools/call', 'resources/read', 'prompts/get']);

export const reconnaissance: Rule = {
  name: 'listing_without_calling',
  severity: 'warning',
  meaning: 'a caller lists what this server offers and uses none of it, as one does who looks for a way in',
  quietSeconds: 3600,
  find: ({ principal, method }, past) => {
    if (principal === null || method === null || !LISTING.test(method)) return undefined;
    const rows = past.recent(principal, LIMITS.windowSeconds, LIMITS.rowsRead);
    if (rows.some((row) => row.method !== null && USE.has(row.method))) return undefined;
    const listings = rows.filter((row) => row.method !== null && LISTING.test(row.method));
    if (listings.length < LIMITS.listings) return undefined;
    return { rows: listings.slice(0, MOST_PROOF).map(({ id }) => id), seen: { listings: listings.length } };
  },
};
