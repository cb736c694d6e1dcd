// Runs one query of a stranger against a recording, inside the child process. Bounded in rows and bytes; the process
// around it bounds time and memory.

import { messageOf, UserError } from '../../base/errors.ts';
import { cleanText } from '../../base/sanitize.ts';
import { type Database, openDatabase } from '../../store/open.ts';
import { errors } from '../errors.ts';
import { fileFault } from '../file-fault.ts';
import { allowReadingOnly, COMPUTED_TABLES } from './allowed.ts';
import { checkNames } from './check-names.ts';
import { hintFor } from './hint.ts';
import { AUDIT_TABLE, publishAudit } from './publish-audit.ts';
import { publish } from './published.ts';
import { oneStatement } from './statement.ts';

export type SqlRequest = {
  readonly path: string;
  /** The audit log, for a caller that may read it: adds the view mcp_calls. */
  readonly audit?: string | undefined;
  readonly sql: string;
  /** Rows to leave out at the start. */
  readonly offset: number;
  readonly limit: number;
  /** Bytes of the rows as JSON, at most. */
  readonly maxBytes: number;
};

/** A value as JSON carries it: integers beyond 2^53 and infinities as text, a blob as its size. */
export type SqlValue = string | number | null | { readonly blob_bytes: number };

export type SqlPage = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** Whether rows follow. */
  readonly more: boolean;
  /** Rows of the whole result; undefined when counting them would have taken too long. */
  readonly total?: number | undefined;
};

/** Longest text of one value. */
export const LONGEST_VALUE = 2_000;
/** How long rows beyond the page are counted. */
const COUNTING_MS = 250;
/** Run-time limits: https://www.sqlite.org/c3ref/c_limit_attached.html. `length` is the longest string or row. */
const LIMITS = {
  attach: 0,
  length: 512 * 1024,
  sqlLength: 20_000,
  column: 200,
  exprDepth: 200,
  compoundSelect: 50,
  functionArg: 100,
  likePatternLength: 1_000,
  vdbeOp: 250_000,
  triggerDepth: 1,
} as const;

const toValue = (value: unknown): SqlValue => {
  if (typeof value === 'string') return cleanText(value, LONGEST_VALUE);
  if (typeof value === 'bigint') return BigInt.asIntN(54, value) === value ? Number(value) : value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return { blob_bytes: value.byteLength };
  return null;
};

const readPage = (database: Database, sql: string, { offset, limit, maxBytes }: SqlRequest): SqlPage => {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const columns = statement.columns().map(({ name }) => cleanText(String(name), 200));
  const rows: (readonly SqlValue[])[] = [];
  let bytes = 0;
  let seen = 0;
  let full = false;
  let deadline = Number.POSITIVE_INFINITY;
  for (const row of statement.iterate()) {
    seen++;
    if (seen <= offset) continue;
    if (!full) {
      const values = Object.values(row).map(toValue);
      bytes += Buffer.byteLength(JSON.stringify(values)) + 1;
      if (bytes > maxBytes && rows.length === 0)
        throw errors.sqlTooBig({ why: `its first row alone has ${bytes} bytes, the limit is ${maxBytes}` });
      full = rows.length === limit || bytes > maxBytes;
      if (!full) rows.push(values);
      else deadline = performance.now() + COUNTING_MS;
    } else if (seen % 1024 === 0 && performance.now() > deadline)
      return { columns, rows, more: true, total: undefined };
  }
  return { columns, rows, more: full, total: seen };
};

/** One page of the rows of a query. Throws a UserError for whatever its author can change. */
export const runQuery = (request: SqlRequest): SqlPage => {
  const sql = oneStatement(request.sql);
  const database = openDatabase(request.path);
  try {
    database.enableDefensive(true);
    // Sorting must not fill the disk; the parent watches the memory.
    database.exec('PRAGMA temp_store = MEMORY');
    // Before the rules: from then on nothing can be attached.
    const published = publish(database, request.audit === undefined ? [] : [publishAudit(database, request.audit)]);
    checkNames(sql, published, LIMITS);
    const readable = new Set([...published.hidden, ...published.columns.keys(), ...COMPUTED_TABLES, AUDIT_TABLE]);
    const denial = allowReadingOnly(database, (table) => readable.has(table.toLowerCase()));
    Object.assign(database.limits, LIMITS);
    try {
      return readPage(database, sql, request);
    } catch (thrown) {
      if (thrown instanceof UserError) throw thrown;
      const denied = denial();
      if (denied !== undefined) throw errors.sqlDenied(denied, thrown);
      const fault = fileFault(request.path, thrown);
      throw fault === thrown ? hintFor(messageOf(thrown), thrown, sql, published) : fault;
    }
  } finally {
    database.close();
  }
};
