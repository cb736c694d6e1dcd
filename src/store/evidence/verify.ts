// Checks that a recording is as its recorder wrote it, and says what is not. Reads the file only; trusts nothing in it but
// what is signed.
import { messageOf, UserError } from '../../base/errors.ts';
import { cleanText } from '../../base/sanitize.ts';
import { type Database, openDatabase } from '../open.ts';
import { readFacts } from '../read-about.ts';
import type { Recording } from '../recording.ts';
import { recordingState } from '../recording-state.ts';
import { checkChain } from './check-chain.ts';
import { checkRows, type SealedPart } from './check-rows.ts';
import { type Coverage, readCoverage } from './coverage.ts';
import type { Finding } from './finding.ts';
import { type Head, headLine } from './head.ts';
import { schemaHashes } from './schema-hashes.ts';
import { AFTERWARDS, detailOf, partsOf, readSeals, type Seal } from './seal.ts';
import { type Tombstone, tombstoneOf } from './tombstone.ts';

/** Findings that are listed at most. */
const MOST_FINDINGS = 50;
const LONGEST_NAME = 100;
const LONGEST_WHY = 300;

export type VerifyOptions = {
  /** Fingerprint of the key that must have signed it: undefined when any may have. */
  readonly key?: string | undefined;
  /** Fingerprint of the key of this user and machine: what it signed is known to be from here. */
  readonly ownKey?: string | undefined;
  readonly anchor?: Head | undefined;
  /** Told now and then how many of all sealed rows were checked. */
  readonly onProgress?: (rows: number) => void;
};

/**
 * intact: every row is as it was written, by a key that is known; unknown_key: so it is, but anybody may have signed it;
 * unsealed_rest: what is sealed is intact, and there is more; changed: see the findings; not_sealed: there are no seals.
 */
export type Verdict = 'intact' | 'unknown_key' | 'unsealed_rest' | 'changed' | 'not_sealed';

export type Verification = {
  readonly verdict: Verdict;
  readonly state: Recording['state'];
  readonly seals: number;
  /** Until when its rows are sealed, in ns; null when nothing is. */
  readonly sealed_until_ns: number | null;
  /** Whether the last of it was sealed only after its recorder had been killed: by whoever had the key, not as it was written. */
  readonly sealed_afterwards: boolean;
  readonly rows: number;
  /** Fingerprint of the key that signed it. */
  readonly key: string | null;
  readonly key_is: 'given' | 'own' | 'unknown';
  /** Line to keep elsewhere. */
  readonly head: string | null;
  readonly findings: readonly Finding[];
  readonly findings_total: number;
  /** Tables with rows that no seal vouches for, from this row on; null: all of them. */
  readonly unsealed: readonly { readonly table: string; readonly from: number | null }[];
  /** What was taken away, by whoever has the key: up to which seal the rows of which tables, and why. */
  readonly pruned: readonly { readonly until: number; readonly tables: readonly string[]; readonly why: string }[];
  /** Rows of events that were taken away. */
  readonly pruned_rows: number;
};

const checkSchema = (database: Database, begin: Seal): readonly Finding[] => {
  const found = schemaHashes(database);
  const sealed = new Map(
    detailOf(begin.detail, 'schema').map((line): [string, string] => [line.slice(65), line.slice(0, 64)]),
  );
  return [
    ...[...sealed].flatMap(([table, hash]): Finding[] => {
      const now = found.get(table);
      if (now === hash) return [];
      return [{ kind: now === undefined ? 'schema_removed' : 'schema_changed', table, seal: begin.id }];
    }),
    ...[...found.keys()]
      .filter((table) => !sealed.has(table))
      .map((table): Finding => ({ kind: 'schema_added', table: cleanText(table, LONGEST_NAME), seal: begin.id })),
  ];
};

const prunedBy = (tombstone: Tombstone | undefined): Verification['pruned'] =>
  tombstone === undefined ? [] : tombstone.gone.map((gone) => ({ ...gone, why: tombstone.why }));

const partsByTable = (seals: readonly Seal[], pruned: Verification['pruned']): Map<string, SealedPart[]> => {
  const parts = new Map<string, SealedPart[]>();
  for (const seal of seals)
    for (const part of partsOf(seal.parts)) {
      const isPruned = pruned.some(({ until, tables }) => seal.id <= until && tables.includes(part.table));
      const known = parts.get(part.table) ?? [];
      if (known.length === 0) parts.set(part.table, known);
      known.push({ ...part, seal: seal.id, pruned: isPruned });
    }
  return parts;
};

const damage = (thrown: unknown, table?: string): Finding => ({
  kind: 'damaged',
  table,
  why: cleanText(messageOf(thrown), LONGEST_WHY),
});

const integrity = (database: Database): readonly Finding[] => {
  const found = database.prepare('PRAGMA integrity_check(3)').all();
  return found
    .map((row) => String(row.integrity_check))
    .filter((line) => line !== 'ok')
    .map((why) => ({ kind: 'damaged', why: cleanText(why, LONGEST_WHY) }));
};

const guarded = (check: () => readonly Finding[]): readonly Finding[] => {
  try {
    return check();
  } catch (thrown) {
    return [damage(thrown)];
  }
};

/** Whether a file has a chain of seals at all: it may be empty. */
export const hasChain = (database: Database): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'evidence_chain'").get() !== undefined;

type Rows = { readonly findings: Finding[]; readonly unsealed: { table: string; from: number | null }[]; rows: number };

const checkTables = (
  database: Database,
  tables: readonly Coverage[],
  parts: ReadonlyMap<string, readonly SealedPart[]>,
  ended: boolean,
  onProgress: (rows: number) => void,
): Rows => {
  const all: Rows = { findings: [], unsealed: [], rows: 0 };
  let told = 0;
  const onRows = (more: number) => {
    told += more;
    onProgress(told);
  };
  for (const coverage of tables) {
    const own = parts.get(coverage.table) ?? [];
    try {
      const { findings, rows, sealedUntil } = checkRows(database, coverage, own, ended, onRows);
      all.findings.push(...findings);
      all.rows += rows;
      if (ended || (coverage.sealed === 'begin' && own.length > 0)) continue;
      const count = database.prepare(`SELECT count(*) AS n FROM "${coverage.table}"`).get()?.n;
      if (coverage.sealed === 'growing' ? Number(count) > rows : Number(count) > 0)
        all.unsealed.push({ table: coverage.table, from: coverage.sealed === 'growing' ? sealedUntil + 1 : null });
    } catch (thrown) {
      all.findings.push(damage(thrown, coverage.table));
    }
  }
  return all;
};

const verdictOf = (findings: number, unsealed: number, known: boolean): Verdict => {
  if (findings > 0) return 'changed';
  if (unsealed > 0) return 'unsealed_rest';
  return known ? 'intact' : 'unknown_key';
};

const verifyOpen = (database: Database, options: VerifyOptions): Verification => {
  const facts = readFacts(database);
  const state = recordingState(facts);
  const nothing: Verification = {
    ...{ verdict: 'not_sealed', state, seals: 0, sealed_until_ns: null, sealed_afterwards: false, rows: 0 },
    ...{ key: null, key_is: 'unknown' },
    ...{ head: null, findings: [], findings_total: 0, unsealed: [], pruned: [], pruned_rows: 0 },
  };
  const found = hasChain(database) ? readSeals(database) : [];
  if (found.length === 0 && !facts.has('evidence_key') && options.anchor === undefined) return nothing;
  const chain = checkChain(found);
  const { seals, key } = chain;
  const [begin, last] = [seals[0], seals.at(-1)];
  const findings: Finding[] = [...chain.findings];
  if (options.key !== undefined && key !== undefined && key.fingerprint !== options.key)
    findings.push({ kind: 'other_key' });
  const { anchor } = options;
  const isAnchored = anchor !== undefined && seals.find(({ id }) => id === anchor.id)?.hash === anchor.hash;
  const tombstone = tombstoneOf(seals);
  const isTooOld = anchor !== undefined && anchor.id <= (tombstone?.dropped?.last ?? 0);
  if (anchor !== undefined && !isAnchored)
    findings.push({ kind: isTooOld ? 'anchor_pruned' : 'anchor_missing', seal: anchor.id });
  const ended = seals.some(({ kind }) => kind === 'end');
  if (!ended && state === 'complete') findings.push({ kind: 'end_removed' });
  const schema = begin === undefined ? [] : guarded(() => checkSchema(database, begin));
  findings.push(...schema);
  const changed = new Set(schema.map(({ table }) => table));
  const tables = readCoverage(database).filter(({ table }) => !changed.has(`table ${table}`));
  const pruned = prunedBy(tombstone);
  const checked = checkTables(database, tables, partsByTable(seals, pruned), ended, options.onProgress ?? (() => {}));
  findings.push(...checked.findings, ...guarded(() => integrity(database)));
  const isGiven = options.key !== undefined && key?.fingerprint === options.key;
  const isOwn = key !== undefined && key.fingerprint === options.ownKey;
  const isKnown = isGiven || isOwn || (isAnchored && anchor.id === last?.id);
  return {
    verdict: verdictOf(findings.length, checked.unsealed.length, isKnown),
    state,
    seals: seals.length,
    sealed_until_ns: last?.time_ns ?? null,
    sealed_afterwards: seals.some(({ detail }) => detailOf(detail, AFTERWARDS).length > 0),
    rows: checked.rows,
    key: key?.fingerprint ?? null,
    key_is: isGiven ? 'given' : isOwn ? 'own' : 'unknown',
    head: last === undefined || key === undefined ? null : headLine(last, key.fingerprint),
    findings: findings.slice(0, MOST_FINDINGS),
    findings_total: findings.length,
    unsealed: checked.unsealed,
    pruned,
    pruned_rows: tombstone?.rows ?? 0,
  };
};

/**
 * Checks a recording, also one that grows. Throws a UserError when the file is missing or no recording of this format;
 * damage inside is a finding.
 */
export const verifyRecording = (path: string, options: VerifyOptions = {}): Verification => {
  const database = openDatabase(path);
  try {
    // What the file itself says may run nothing.
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; BEGIN');
    return verifyOpen(database, options);
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    return {
      ...{ verdict: 'changed', state: 'cut', seals: 0, sealed_until_ns: null, sealed_afterwards: false, rows: 0 },
      ...{ key: null, key_is: 'unknown' },
      ...{ head: null, findings: [damage(thrown)], findings_total: 1, unsealed: [], pruned: [], pruned_rows: 0 },
    };
  } finally {
    database.close();
  }
};

/** The head of a recording's chain as a line, after the chain itself was checked; undefined when it has none that holds. */
export const headOf = (path: string): string | undefined => {
  const database = openDatabase(path);
  try {
    const { seals, key, findings } = checkChain(hasChain(database) ? readSeals(database) : []);
    const last = seals.at(-1);
    return findings.length > 0 || last === undefined || key === undefined ? undefined : headLine(last, key.fingerprint);
  } finally {
    database.close();
  }
};
