// What a rule of the audit is: figures that say when something is out of the ordinary, and a pure function that finds it in
// a new row and the past. A rule knows neither files nor clocks, so the same log gives the same alerts.
import type { PlacedRow } from '../../../store/audit/audit-row.ts';
import type { Past } from '../../../store/audit/past.ts';

/** What was found. `rows` are the ids that prove it, the newest first; `seen` the figures that were held against the limits. */
export type Finding = { readonly rows: readonly number[]; readonly seen: Readonly<Record<string, number>> };

export type Rule = {
  /** Stands in alerts as their code. */
  readonly name: string;
  readonly severity: 'notice' | 'warning';
  /** What it means and what to do, in fixed words: never with text of the row. */
  readonly meaning: string;
  /** Seconds in which the same caller is not reported again for it. */
  readonly quietSeconds: number;
  readonly find: (row: PlacedRow, past: Past) => Finding | undefined;
};

/** Rows that an alert names at most. */
export const MOST_PROOF = 20;
