// How much of the machine subscriptions may take, all in one place.
export const LIMITS = {
  /** At once. */
  subscriptions: 32,
  /** Events a second of one subscription: unless told, and at most. */
  rate: 1000,
  mostRate: 5000,
  /** How long one goes on, in seconds: unless told, and at most. */
  ttlSeconds: 600,
  mostTtlSeconds: 86_400,
  /** One of so many, at most. */
  mostSample: 1_000_000,
  /** Matching events a second, of all that happen, above which a subscription is refused or ended. */
  matchedRate: 50_000,
  /** How long a trial counts before anything is delivered, in ms. */
  trialMs: 20,
  /** Events of one subscription that are kept for readers. */
  kept: 10_000,
  /** How long a reader may wait, in ms. */
  longestWaitMs: 55_000,
  /** Ended subscriptions that are still told of. */
  ended: 32,
} as const;
