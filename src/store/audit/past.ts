// What the audit log holds before a row: small questions, each answered through an index, so that rules can be asked at
// every append. Judges nothing.
import type { AuditKind, AuditOutcome } from '../../catalogue/audit.ts';
import type { Database } from '../open.ts';
import { maybeNumber, maybeText, number } from '../row.ts';

/** What rules need of an earlier interaction. */
export type PastRow = {
  readonly id: number;
  readonly method: string | null;
  readonly name: string | null;
  readonly outcome: string | null;
  readonly bytes: number | null;
};

export type Past = {
  /** Whether anything at all is on record before this row. */
  readonly isEmpty: () => boolean;
  /** Whether this caller, or a client with this claimed name, was ever on record. */
  readonly hasPrincipal: (principal: string) => boolean;
  readonly hasClient: (client: string) => boolean;
  /** Interactions of a caller in the seconds up to and with this row, the newest first. */
  readonly recent: (principal: string, seconds: number, limit: number, outcome?: AuditOutcome) => readonly PastRow[];
  /** How many of them there are, counted no further than `most`. */
  readonly countRecent: (principal: string, seconds: number, most: number) => number;
  /** Which tools a caller called before this row, the newest first, whenever that was. */
  readonly calls: (
    principal: string,
    limit: number,
  ) => readonly { readonly id: number; readonly name: string | null }[];
  /** Of the `limit` calls before the newest `skip`: how many there are, and how many of them were of that tool. */
  readonly countCalls: (
    principal: string,
    name: string,
    skip: number,
    limit: number,
  ) => { readonly all: number; readonly same: number };
  /** Answers of a tool to anybody before this row, the newest first. */
  readonly answersOf: (name: string, limit: number) => readonly PastRow[];
  /** Whether the rule has found something about this caller in the last seconds. */
  readonly hasAlert: (principal: string, rule: string, seconds: number) => boolean;
};

const COLUMNS = 'id, method, name, outcome, bytes';
const toRow = (row: Parameters<typeof number>[0]): PastRow => ({
  id: number(row, 'id'),
  method: maybeText(row, 'method'),
  name: maybeText(row, 'name'),
  outcome: maybeText(row, 'outcome'),
  bytes: maybeNumber(row, 'bytes'),
});

type Place = { readonly id: number; readonly unix_ns: bigint };

/** Prepares the questions once; the returned function asks them as of a row that may already be in the log. */
export const createPast = (database: Database): ((row: Place) => Past) => {
  const prepare = (sql: string) => {
    let statement: ReturnType<Database['prepare']> | undefined;
    return () => {
      statement ??= database.prepare(sql);
      return statement;
    };
  };
  const kind: AuditKind = 'call';
  const any = prepare(`SELECT 1 AS n FROM audit WHERE kind = '${kind}' AND id < ? LIMIT 1`);
  const byPrincipal = prepare(`SELECT 1 AS n FROM audit WHERE principal = ? AND kind = '${kind}' AND id < ? LIMIT 1`);
  const byClient = prepare(`SELECT 1 AS n FROM audit WHERE client = ? AND id < ? LIMIT 1`);
  // Names that were known when their rows were removed stay known: the row that says what was removed lists them.
  const byPruned = prepare(
    `SELECT 1 AS n FROM audit, json_each(detail, ?) WHERE kind = 'pruned' AND value = ? LIMIT 1`,
  );
  const recent = prepare(
    `SELECT ${COLUMNS} FROM audit WHERE principal = ? AND kind = '${kind}' AND unix_ns > ? AND id <= ?
      AND (?4 IS NULL OR outcome = ?4) ORDER BY unix_ns DESC LIMIT ?5`,
  );
  const countRecent = prepare(
    `SELECT count(*) AS n FROM (SELECT 1 FROM audit WHERE principal = ? AND kind = '${kind}' AND unix_ns > ? AND id <= ?
      LIMIT ?)`,
  );
  const calls = prepare(
    `SELECT id, name FROM audit WHERE principal = ? AND kind = '${kind}' AND method = 'tools/call' AND id < ?
      ORDER BY unix_ns DESC LIMIT ?`,
  );
  const countCalls = prepare(
    `SELECT count(*) AS everything, count(*) FILTER (WHERE name = ?) AS same FROM (SELECT name FROM audit
      WHERE principal = ? AND kind = '${kind}' AND method = 'tools/call' AND id < ?
      ORDER BY unix_ns DESC LIMIT ? OFFSET ?)`,
  );
  const answersOf = prepare(
    `SELECT ${COLUMNS} FROM audit WHERE name = ? AND kind = '${kind}' AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  const alert = prepare(
    `SELECT 1 AS n FROM audit WHERE principal = ? AND kind = 'alert' AND error_code = ? AND unix_ns > ? AND id <= ? LIMIT 1`,
  );
  return ({ id, unix_ns }) => {
    const since = (seconds: number): bigint => unix_ns - BigInt(seconds) * 1_000_000_000n;
    return {
      isEmpty: () => any().get(id) === undefined,
      hasPrincipal: (principal) =>
        byPrincipal().get(principal, id) !== undefined || byPruned().get('$.principals', principal) !== undefined,
      hasClient: (client) =>
        byClient().get(client, id) !== undefined || byPruned().get('$.clients', client) !== undefined,
      recent: (principal, seconds, limit, outcome) =>
        recent()
          .all(principal, since(seconds), id, outcome ?? null, limit)
          .map(toRow),
      countRecent: (principal, seconds, most) =>
        number(countRecent().get(principal, since(seconds), id, most) ?? {}, 'n'),
      calls: (principal, limit) =>
        calls()
          .all(principal, id, limit)
          .map((row) => ({ id: number(row, 'id'), name: maybeText(row, 'name') })),
      countCalls: (principal, name, skip, limit) => {
        const row = countCalls().get(name, principal, id, limit, skip) ?? {};
        return { all: number(row, 'everything'), same: number(row, 'same') };
      },
      answersOf: (name, limit) => answersOf().all(name, id, limit).map(toRow),
      hasAlert: (principal, rule, seconds) => alert().get(principal, rule, since(seconds), id) !== undefined,
    };
  };
};
