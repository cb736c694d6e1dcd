// A caller or a client that was never on record before. The very first one of a log is no news: with it the log begins.
import type { Rule } from './rule.ts';

export const firstSeenPrincipal: Rule = {
  name: 'first_seen_principal',
  severity: 'warning',
  meaning: 'a caller that was never here before; check that it is meant to be',
  quietSeconds: 0,
  // An address that has proven nothing is no caller yet.
  find: ({ id, principal, credential }, past) =>
    principal === null || credential === null || past.hasPrincipal(principal) || past.isEmpty()
      ? undefined
      : { rows: [id], seen: {} },
};

export const firstSeenClient: Rule = {
  name: 'first_seen_client',
  severity: 'notice',
  meaning: 'a client with a name that was never here before; the name is its own claim',
  quietSeconds: 0,
  find: ({ id, client }, past) =>
    client === null || past.hasClient(client) || past.isEmpty() ? undefined : { rows: [id], seen: {} },
};
