// Builds a small file in the schema of another tool (Ingero 0.8 to 0.10) from a few lines. For tests of the import only.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** When the tracer of a built file began, in ns since 1970, and a time at which its first row may be. */
export const STARTED = 1_774_000_000_000_000_000n;
export const FIRST = STARTED + 2_000_000_000n;

export type ForeignEvent = {
  /** ns after FIRST; of the end for switches and block requests. */
  readonly at: number;
  readonly pid: number;
  readonly tid: number;
  readonly source: number;
  readonly op: number;
  readonly duration?: number;
  readonly arg0?: number | bigint;
  readonly arg1?: number;
  readonly ret?: number;
  readonly stack?: bigint;
  readonly node?: string;
  readonly number?: number;
};

export type ForeignVersion = '0.7' | '0.8' | '0.9' | '0.10';

const eventsTable = (version: ForeignVersion): string => {
  const node = version === '0.9' || version === '0.10';
  return `CREATE TABLE events (id ${node ? 'TEXT PRIMARY KEY' : 'INTEGER PRIMARY KEY AUTOINCREMENT'}, timestamp INTEGER NOT NULL,
    pid INTEGER NOT NULL, tid INTEGER NOT NULL, source INTEGER NOT NULL, op INTEGER NOT NULL, duration INTEGER NOT NULL,
    arg0 INTEGER NOT NULL DEFAULT 0, arg1 INTEGER NOT NULL DEFAULT 0, ret_code INTEGER NOT NULL DEFAULT 0,
    stack_hash INTEGER NOT NULL DEFAULT 0${node ? ", node TEXT NOT NULL DEFAULT ''" : ''}${version === '0.10' ? ", comm TEXT NOT NULL DEFAULT ''" : ''},
    cgroup_id INTEGER NOT NULL DEFAULT 0)`;
};

const TABLES = `
  CREATE TABLE schema_info (key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE sessions (id INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, stopped_at INTEGER NOT NULL DEFAULT 0,
    kernel TEXT NOT NULL DEFAULT '', cpu_cores INTEGER NOT NULL DEFAULT 0, ingero_ver TEXT NOT NULL DEFAULT '');
  CREATE TABLE process_names (pid INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL);
  CREATE TABLE stack_traces (hash INTEGER PRIMARY KEY, ips TEXT NOT NULL, frames TEXT NOT NULL DEFAULT '');
  CREATE TABLE causal_chains (id TEXT PRIMARY KEY, detected_at INTEGER NOT NULL, severity TEXT NOT NULL, summary TEXT NOT NULL,
    root_cause TEXT NOT NULL, cuda_op TEXT NOT NULL DEFAULT '', cuda_p99_us INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE event_aggregates (bucket INTEGER NOT NULL, source INTEGER NOT NULL, op INTEGER NOT NULL, pid INTEGER NOT NULL,
    count INTEGER NOT NULL, stored INTEGER NOT NULL, sum_dur INTEGER NOT NULL, max_dur INTEGER NOT NULL,
    PRIMARY KEY (bucket, source, op, pid));
  CREATE TABLE cgroup_metadata (cgroup_id INTEGER PRIMARY KEY, container_id TEXT NOT NULL, cgroup_path TEXT NOT NULL)`;

/** A file under construction. `done` closes it and returns its path; `keepOpen` leaves its log beside it. */
export const foreign = (version: ForeignVersion = '0.8') => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-foreign-'));
  const path = join(folder, 'other.db');
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; ${eventsTable(version)}; ${TABLES}`);
  const run = (sql: string, ...values: (string | number | bigint)[]) => database.prepare(sql).run(...values);
  run("INSERT INTO schema_info VALUES ('version', ?)", version);
  const hasNode = version === '0.9' || version === '0.10';
  let last = 0;
  let open = true;
  const build = {
    folder,
    path,
    output: join(folder, 'out.db'),
    run,
    session: (started: bigint = STARTED) =>
      run(
        'INSERT INTO sessions (started_at, kernel, cpu_cores, ingero_ver) VALUES (?, ?, 4, ?)',
        started,
        '6.1.0',
        '1.2',
      ),
    event: ({
      at,
      pid,
      tid,
      source,
      op,
      duration = 0,
      arg0 = 0,
      arg1 = 0,
      ret = 0,
      stack = 0n,
      node = 'host-a',
      number,
    }: ForeignEvent) => {
      last = number ?? last + 1;
      const common = [FIRST + BigInt(at), pid, tid, source, op, duration, arg0, arg1, ret, stack] as const;
      const columns = 'timestamp, pid, tid, source, op, duration, arg0, arg1, ret_code, stack_hash, id';
      if (hasNode)
        run(
          `INSERT INTO events (${columns}, node) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...common,
          `${node}:${last}`,
          node,
        );
      else run(`INSERT INTO events (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, ...common, last);
    },
    /** A call by its entry. */
    call: (source: 1 | 4, op: number, at: number, duration: number, more: Partial<ForeignEvent> = {}) =>
      build.event({ at, pid: 100, tid: 100, source, op, duration, ...more }),
    /** An interval off the CPU by its begin. */
    off: (start: number, duration: number, more: Partial<ForeignEvent> = {}) =>
      build.event({ pid: 100, tid: 100, source: 3, op: 1, duration, ...more, at: start + duration }),
    /** A block request by its begin. */
    read: (start: number, duration: number, more: Partial<ForeignEvent> = {}) =>
      build.event({
        pid: 100,
        tid: 100,
        source: 5,
        op: 1,
        duration,
        arg0: 8,
        arg1: 4096,
        ...more,
        at: start + duration,
      }),
    sum: (
      minute: number,
      source: number,
      op: number,
      pid: number,
      count: number,
      stored: number,
      sum: number,
      max: number,
    ) =>
      run(
        'INSERT INTO event_aggregates VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        ...[(FIRST / 60_000_000_000n + BigInt(minute)) * 60_000_000_000n, source, op, pid, count, stored, sum, max],
      ),
    claim: (id: string, op: string, p99Us: number, cause: string) =>
      run(
        "INSERT INTO causal_chains VALUES (?, ?, 'HIGH', ?, ?, ?, ?)",
        ...[id, FIRST + 1_000_000_000n, `${op} was slow`, cause, op, p99Us],
      ),
    name: (pid: number, name: string) => run('INSERT OR REPLACE INTO process_names VALUES (?, ?)', pid, name),
    done: (): string => {
      if (open) database.close();
      open = false;
      return path;
    },
    remove: () => {
      build.done();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return build;
};

export type ForeignFile = ReturnType<typeof foreign>;
