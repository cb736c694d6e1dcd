// Seals a recording while it is written. Rows of numbers are hashed as they are written; the few others, and those that change
// until the end, are read back. Knows tables, not where rows come from.
import type { Database } from '../open.ts';
import { number } from '../row.ts';
import { type Coverage, quoted, readCoverage } from './coverage.ts';
import type { EvidenceKey } from './key.ts';
import { createNumberRows } from './number-rows.ts';
import { readChunks } from './read-chunks.ts';
import { schemaHashes } from './schema-hashes.ts';
import {
  detailText,
  FIRST_PREVIOUS,
  type Part,
  partsOf,
  partsText,
  readSeals,
  type SealKind,
  writeSeal,
} from './seal.ts';

/** A seal is made with the first commit after this time: what was written since the last one could be changed quietly. */
const SEAL_NS = 1e9;
/** And after this one where little is written, since a seal is as large as some ten rows. */
const QUIET_NS = 5e9;
const FEW_ROWS = 64;

/** Takes the rows of a table as they are written: `count` rows whose values stand one after the other. */
export type RowSink = (values: readonly (number | null)[], count: number) => void;

export type Sealer = {
  /** Where the rows of a table go as they are written, the id first; undefined when they need not be told. */
  readonly sinkOf: (table: string, columns: readonly string[]) => RowSink | undefined;
  /** Seals what was written since the last seal, if that is some time ago. Inside a transaction; `now` in ns. */
  readonly commit: (now: number) => void;
  /** Seals what is left and everything that could change until now. `detail`: as of `detailText`. */
  readonly end: (now: number, detail?: string) => void;
  /** Number of the last seal. */
  readonly last: () => number;
  /** Signs for rows and seals that are about to be taken away. `detail`: as of `tombstoneText`. */
  readonly tombstone: (now: number, detail: string) => void;
};

type Written = { last: number; readonly chunks: () => readonly string[] };

const whole = (database: Database, one: Coverage): Part => ({
  table: one.table,
  range: undefined,
  chunks: Array.from(readChunks(database, one), ({ hash }) => hash),
});

/** Begins the chain of a recording: its tables and its description of itself are written, and nothing that is sealed later. */
export const beginChain = (database: Database, key: EvidenceKey): void => {
  const parts = readCoverage(database)
    .filter(({ sealed }) => sealed === 'begin')
    .map((one) => whole(database, one));
  const detail = detailText([
    ['key', key.publicKey],
    ...[...schemaHashes(database)].map(([name, hash]) => ['schema', `${hash} ${name}`] as const),
  ]);
  writeSeal(
    database,
    { id: 1, time_ns: 0, kind: 'begin', parts: partsText(parts), detail, previous: FIRST_PREVIOUS },
    key.privateKey,
  );
};

/** Goes on with the chain of a recording, which was begun with the same key. */
export const createSealer = (database: Database, key: EvidenceKey): Sealer => {
  const coverage = readCoverage(database);
  const growing = coverage.filter(({ sealed }) => sealed === 'growing');
  const written = new Map<string, Written>();
  const sealedUntil = new Map<string, number>();
  const lastOf = new Map(
    growing.map(({ table, key: [by = 'id'] }) => [
      table,
      database.prepare(`SELECT coalesce(max(${quoted(by)}), 0) AS last FROM ${quoted(table)}`),
    ]),
  );
  const seals = readSeals(database);
  const newest = seals.at(-1);
  if (newest === undefined) throw new Error('this recording has no chain of seals to go on with');
  for (const { table, range } of seals.flatMap(({ parts }) => partsOf(parts)))
    if (range !== undefined) sealedUntil.set(table, range.last);
  // Where rows were taken away, their seals may be gone as well, but for early ones that stay for the sake of other tables: all
  // rows before the first that is left were sealed.
  for (const { table, key } of growing) {
    const by = quoted(key[0] ?? 'id');
    const first = database.prepare(`SELECT coalesce(min(${by}), 0) AS first FROM ${quoted(table)}`).get();
    const before = first === undefined ? 0 : number(first, 'first') - 1;
    if (before > (sealedUntil.get(table) ?? 0)) sealedUntil.set(table, before);
  }
  let { id, hash: previous, time_ns: sealedAt } = newest;
  let unsealedRows = 0;

  const write = (kind: SealKind, now: number, parts: readonly Part[], detail = ''): void => {
    const content = { id: ++id, time_ns: Math.round(now), kind, parts: partsText(parts), detail, previous };
    previous = writeSeal(database, content, key.privateKey);
  };

  const grown = (one: Coverage): readonly Part[] => {
    const after = sealedUntil.get(one.table) ?? 0;
    const told = written.get(one.table);
    const row = told === undefined ? lastOf.get(one.table)?.get() : undefined;
    const last = told?.last ?? (row === undefined ? 0 : number(row, 'last'));
    if (last <= after) return [];
    sealedUntil.set(one.table, last);
    const range = { after, last };
    const chunks = told?.chunks() ?? Array.from(readChunks(database, one, range), ({ hash }) => hash);
    return [{ table: one.table, range, chunks }];
  };

  return {
    sinkOf: (table, columns) => {
      const one = growing.find((candidate) => candidate.table === table);
      if (one === undefined) return undefined;
      if (one.columns.map(({ name }) => name).join() !== columns.join())
        throw new Error(`the columns of ${table} are written in another order than they have`);
      const rows = createNumberRows(columns.length);
      const state: Written = { last: 0, chunks: rows.finish };
      written.set(table, state);
      return (values, count) => {
        rows.add(values, count);
        state.last += count;
        unsealedRows += count;
      };
    },
    commit: (now) => {
      if (now - sealedAt < (unsealedRows < FEW_ROWS ? QUIET_NS : SEAL_NS)) return;
      const parts = growing.flatMap(grown);
      if (parts.length > 0) write('segment', now, parts);
      sealedAt = now;
      unsealedRows = 0;
    },
    last: () => id,
    tombstone: (now, detail) => write('pruned', now, [], detail),
    end: (now, detail) => {
      const changing = coverage.filter(({ sealed }) => sealed === 'end');
      write('end', now, [...growing.flatMap(grown), ...changing.map((one) => whole(database, one))], detail);
    },
  };
};
