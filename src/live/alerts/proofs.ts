// The events that prove alerts, as long as there is room for them: of an alert those that it names, and what informs goes before
// what is critical. Knows no rule, and no file: where there is a recording its rows have the names.
import { type Alert, type Severity, severities } from '../../base/alert.ts';
import type { KeptEvent, Proof, ProofEvent } from '../../base/live-desk.ts';

/** Of all alerts together. */
const MOST_EVENTS = 2000;
/** Events that no alert has named yet: it does so before the next one comes. */
const MOST_RECENT = 64;
/** UTF-16 units of a text. */
const MOST_TEXT = 1024;

type Kept = { readonly severity: Severity; readonly events: readonly ProofEvent[] };

export type Proofs = {
  /** Takes an event that a watch looked at. Returns the row by which alerts name it; undefined where it is not kept. */
  readonly keep: (event: KeptEvent, name: string) => string | undefined;
  /** An alert was raised, or found again: what it names stays. */
  readonly claim: (alert: Pick<Alert, 'id' | 'severity' | 'evidence'>) => void;
  readonly of: (alert: Pick<Alert, 'id' | 'evidence'>) => Proof;
};

const bounded = (values: KeptEvent['values']): KeptEvent['values'] =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, MOST_TEXT).toWellFormed() : value,
    ]),
  );

/** `write` puts an event into a recording and returns its row; without it the rows count here: `live:1`. */
export const createProofs = (
  write?: (event: KeptEvent, name: string) => string | undefined,
  most = MOST_EVENTS,
): Proofs => {
  const recent = new Map<string, ProofEvent>();
  const kept = new Map<number, Kept>();
  let total = 0;
  let last = 0;

  const set = (id: number, next: Kept | undefined) => {
    total += (next?.events.length ?? 0) - (kept.get(id)?.events.length ?? 0);
    if (next === undefined) kept.delete(id);
    else kept.set(id, next);
  };
  /** The oldest alert of those that matter least. */
  const leastWanted = (): number | undefined => {
    for (const severity of severities) for (const [id, one] of kept) if (one.severity === severity) return id;
    return undefined;
  };
  return {
    keep: (event, name) => {
      const row = write === undefined ? `live:${++last}` : write(event, name);
      if (row === undefined) return undefined;
      recent.set(row, { ...event, values: bounded(event.values), row, event: name });
      const [oldest] = recent.keys();
      if (recent.size > MOST_RECENT && oldest !== undefined) recent.delete(oldest);
      return row;
    },
    claim: ({ id, severity, evidence }) => {
      const before = new Map(kept.get(id)?.events.map((event) => [event.row, event]));
      const events = evidence.flatMap((row) => before.get(row) ?? recent.get(row) ?? []);
      set(id, events.length === 0 ? undefined : { severity, events });
      for (let gone = leastWanted(); total > most && gone !== undefined; gone = leastWanted()) set(gone, undefined);
    },
    of: ({ id, evidence }) => {
      const events = kept.get(id)?.events ?? [];
      return { events, gone: evidence.length - events.length };
    },
  };
};
