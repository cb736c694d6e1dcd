// What was written when, as stretches that can be taken away whole. The seals of a recording say it by themselves; of one
// without seals it is counted. Knows tables and their keys, not why rows should go.
import { type Coverage, quoted } from '../evidence/coverage.ts';
import { dropSeals } from '../evidence/drop-seals.ts';
import { partsOf } from '../evidence/seal.ts';
import type { Database } from '../open.ts';
import { maybeNumber, number, text } from '../row.ts';

/** Rows of a table by the first column of its key: those after `after`, up to and with `last`. */
export type StretchPart = { readonly table: string; readonly after: number; readonly last: number };
/** `number` counts up; `time` is when the last of it was written, in ns. */
export type Stretch = { readonly number: number; readonly time: number; readonly parts: readonly StretchPart[] };

export type Ledger = {
  /** Rows up to now were written. */
  readonly note: (now: number) => void;
  /** Number of the last stretch, or more. */
  readonly last: () => number;
  /** The first stretch whose number is larger. */
  readonly after: (number: number) => Stretch | undefined;
  /** Stretches up to this one are not asked for again. */
  readonly drop: (until: number) => void;
};

/** Of a sealed recording: each seal is a stretch, and its number that of the seal. */
export const sealedLedger = (database: Database, lastSeal: () => number): Ledger => {
  const next = database.prepare(
    "SELECT id, time_ns, parts FROM evidence_chain WHERE id > ? AND kind = 'segment' ORDER BY id LIMIT 1",
  );
  return {
    note: () => {},
    last: lastSeal,
    after: (given) => {
      const row = next.get(given);
      if (row === undefined) return undefined;
      const parts = partsOf(text(row, 'parts')).flatMap(({ table, range }) =>
        range === undefined ? [] : [{ table, ...range }],
      );
      return { number: number(row, 'id'), time: number(row, 'time_ns'), parts };
    },
    drop: (until) => dropSeals(database, until),
  };
};

const STRETCH_NS = 1e9;
/** Stretches remembered at most: then each two become one. */
const MOST = 4096;

const joined = (a: Stretch, b: Stretch | undefined): Stretch => {
  if (b === undefined) return a;
  const parts = new Map(a.parts.map((part) => [part.table, part]));
  for (const part of b.parts) parts.set(part.table, { ...part, after: parts.get(part.table)?.after ?? part.after });
  return { number: b.number, time: b.time, parts: [...parts.values()] };
};

/** Of a recording without seals, of whose growing tables the largest keys are looked up each second. */
export const countedLedger = (database: Database, growing: readonly Coverage[], most = MOST): Ledger => {
  const tables = growing.map(({ table, key: [by = 'id'] }) => ({
    table,
    read: database.prepare(`SELECT max(${quoted(by)}) AS last FROM ${quoted(table)}`),
    last: 0,
  }));
  let stretches: readonly Stretch[] = [];
  let count = 0;
  let notedAt = 0;
  return {
    note: (now) => {
      if (now - notedAt < STRETCH_NS) return;
      notedAt = now;
      const parts = tables.flatMap((one): StretchPart[] => {
        const row = one.read.get();
        const last = Math.max(one.last, row === undefined ? 0 : (maybeNumber(row, 'last') ?? 0));
        const part = { table: one.table, after: one.last, last };
        one.last = last;
        return part.last > part.after ? [part] : [];
      });
      if (parts.length === 0) return;
      stretches = [...stretches, { number: ++count, time: now, parts }];
      if (stretches.length > most)
        stretches = stretches.flatMap((one, i) => (i % 2 === 0 ? [joined(one, stretches[i + 1])] : []));
    },
    last: () => count,
    after: (given) => stretches.find((one) => one.number > given),
    drop: (until) => {
      stretches = stretches.filter((one) => one.number > until);
    },
  };
};
