// The events that prove an alert as tables, one for each kind of event, as many of them as fit. Knows no alert.
import { COMMON, cellsOf, columnOf } from '../../base/event-columns.ts';
import type { LiveValue, ProofEvent } from '../../base/live-desk.ts';
import { fitting } from '../fit.ts';

export type ProofTable = {
  /** As category:name. */
  readonly event: string;
  /** `row`, by which the alert names it, then as those of watch_events. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly LiveValue[])[];
};

/** Tables of the first events that fit `characters` of JSON, at least one event; `more`: those that did not. */
export const proofTables = (
  events: readonly ProofEvent[],
  characters: number,
): { readonly tables: readonly ProofTable[]; readonly more: number } => {
  const shown = fitting(events, characters);
  const tables = [...Map.groupBy(shown, ({ event }) => event)].map(([event, same]): ProofTable => {
    const fields = [...new Set(same.flatMap(({ values }) => Object.keys(values)))];
    return {
      event,
      columns: ['row', ...COMMON, ...fields.map(columnOf)],
      rows: same.map((one) => [one.row, ...cellsOf(one, fields)]),
    };
  });
  return { tables, more: events.length - shown.length };
};
