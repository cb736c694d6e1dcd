// Writes a recording: rows in batches, commits at least every second, and the facts about the recording itself.
// Knows tables and times, not where rows come from or what they mean.
import { argumentNames } from '../catalogue/arguments.ts';
import { ddl, metaRows } from '../catalogue/derive/ddl.ts';
import type { LostCalls } from '../catalogue/kernel-structs.ts';
import type { LossName } from '../catalogue/losses.ts';
import type { ClaimVerdict } from '../catalogue/tables/claims.ts';
import { Batch } from './batch.ts';
import type { EvidenceKey } from './evidence/key.ts';
import { createSealer, type Sealer } from './evidence/sealer.ts';
import { createInterner } from './interner.ts';
import { createDatabase, type Database } from './open.ts';
import { Segment } from './segment.ts';
import { createStackWriter, type StackWriter } from './stack-writer.ts';
import { Totals } from './totals.ts';
import { createWaitWriter, type WaitWriter } from './wait-writer.ts';

/** Facts about a recording, stored as text in the table `recording`. */
export type Facts = Readonly<Record<string, string | number>>;

export type ProcessRow = {
  readonly pid: number;
  readonly start_ns: number | null;
  readonly end_ns: number | null;
  readonly comm: string | null;
  readonly exe: string | null;
  readonly args: string | null;
  readonly parent_pid: number | null;
  readonly uid: number | null;
  readonly cgroup: string | null;
  readonly container: string | null;
  readonly tracked: 0 | 1;
  readonly exit_code: number | null;
  readonly note: string | null;
};

export type LibraryRow = {
  readonly path: string;
  readonly kind: string;
  readonly attached_ns: number;
  readonly probes: number;
  readonly missing: number;
  readonly single_step: number;
};

/** What another tool said; its texts come from strangers. */
export type ClaimRow = {
  readonly time_ns: number;
  readonly tool: string;
  readonly severity: string;
  readonly summary: string;
  readonly cause: string;
  readonly op: string;
  readonly claimed_ns: number | null;
  readonly verdict: ClaimVerdict;
  readonly why: string;
  readonly evidence: string | null;
};

const CUT_SHORT_ID = 1;
/** Ended processes of which more may still be told. */
const REMEMBERED_ENDED = 50_000;
const placeholders = (n: number) => Array.from({ length: n }, () => '?').join(', ');

const describeItself = (database: Database) => {
  for (const [table, rows] of Object.entries(metaRows())) {
    const [first] = rows;
    if (first === undefined) continue;
    const insert = database.prepare(`INSERT INTO ${table} VALUES (${placeholders(first.length)})`);
    for (const row of rows) insert.run(...row);
  }
};

/** A recording being written. Times are ns since it began. Any method may throw the error of a failing disk. */
export class RecordingWriter {
  readonly path: string;
  readonly totals: Totals;
  readonly threadId: (pid: number, tid: number, comm: string) => number;
  readonly argumentsId: (values: readonly (number | null)[], perThreadStream: boolean) => number;
  readonly waits: WaitWriter;
  readonly stacks: StackWriter;
  readonly #database: Database;
  readonly #calls: Batch;
  readonly #callSegment: Segment;
  readonly #sealer: Sealer | undefined;
  /** Rows by pid: of those that live, and of the last that have ended. */
  readonly #processes = new Map<number, number>();
  readonly #ended = new Map<number, number>();
  readonly #setFact: ReturnType<Database['prepare']>;
  #lossId = CUT_SHORT_ID;
  #nextProcess = 1;

  /** With a key its rows are sealed as they are written. */
  constructor(path: string, facts: Facts, key?: EvidenceKey) {
    this.path = path;
    const database = createDatabase(path);
    this.#database = database;
    database.exec('BEGIN');
    for (const statement of ddl()) database.exec(statement);
    describeItself(database);
    const sealer = key === undefined ? undefined : createSealer(database, key);
    this.#sealer = sealer;
    this.#setFact = database.prepare('INSERT OR REPLACE INTO recording (key, value) VALUES (?, ?)');
    for (const [name, value] of Object.entries({ ...facts, state: 'recording', duration_ns: 0 }))
      this.setFact(name, value);
    if (key !== undefined) this.setFact('evidence_key', key.fingerprint);
    // Stays in the file unless the recording is closed: so a killed recorder leaves a file that says it was cut.
    database
      .prepare('INSERT INTO loss (id, start_ns, end_ns, reason, count) VALUES (?, 0, 0, ?, 1)')
      .run(CUT_SHORT_ID, 'cut_short');
    this.#calls = new Batch(
      database,
      'call',
      ['start_ns', 'duration_ns', 'thread', 'op', 'depth', 'ret', 'args', 'ptr', 'taken'],
      sealer,
    );
    this.#callSegment = new Segment(database, 'call', this.#calls);
    this.waits = createWaitWriter(database, sealer);
    this.stacks = createStackWriter(database, sealer);
    this.totals = new Totals(database);
    const threads = createInterner(database, 'thread', ['pid', 'tid', 'comm']);
    this.threadId = (pid, tid, comm) => threads.idOf([pid, tid, comm]);
    const argumentSets = createInterner(database, 'call_args', [...argumentNames, 'per_thread']);
    this.argumentsId = (values, perThreadStream) => argumentSets.idOf([...values, perThreadStream ? 1 : 0]);
    database.exec('COMMIT; BEGIN');
  }

  /** One call; `ptr` and `taken` (of `stacks.take`) are 0 when there is none. Its totals are counted by the caller through `totals`. */
  call(
    start: number,
    duration: number,
    thread: number,
    op: number,
    depth: number,
    ret: number,
    args: number,
    ptr: number,
    taken: number,
  ): void {
    const at = this.#calls.next();
    const { values } = this.#calls;
    values[at] = start;
    values[at + 1] = duration;
    values[at + 2] = thread;
    values[at + 3] = op;
    values[at + 4] = depth;
    values[at + 5] = ret;
    values[at + 6] = args;
    values[at + 7] = ptr === 0 ? null : ptr;
    values[at + 8] = taken === 0 ? null : taken;
    this.#callSegment.saw(start, duration);
  }

  /** Whether a process with this pid was added; of those that have ended the last 50,000 are remembered. */
  hasProcess(pid: number): boolean {
    return this.#processes.has(pid);
  }

  /** Adds a process; a later one with the same pid is a new row. */
  process(row: ProcessRow): void {
    const id = this.#nextProcess++;
    this.#processes.set(row.pid, id);
    const names = Object.keys(row);
    this.#database
      .prepare(`INSERT INTO process (id, ${names.join(', ')}) VALUES (?, ${placeholders(names.length)})`)
      .run(id, ...Object.values(row));
  }

  /** Changes columns of the process that has this pid now. Does nothing for a pid that was never added. */
  updateProcess(pid: number, changes: Partial<ProcessRow>): void {
    const id = this.#processes.get(pid);
    if (id === undefined) return;
    if (changes.end_ns != null) this.#forgetAfter(id, pid);
    const names = Object.keys(changes);
    this.#database
      .prepare(`UPDATE process SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`)
      .run(...Object.values(changes), id);
  }

  /** A process has ended: the one that ended longest ago is forgotten, when its pid has not been given to another. */
  #forgetAfter(id: number, pid: number): void {
    this.#ended.set(id, pid);
    const [oldest] = this.#ended.size > REMEMBERED_ENDED ? this.#ended : [];
    if (oldest === undefined) return;
    this.#ended.delete(oldest[0]);
    if (this.#processes.get(oldest[1]) === oldest[0]) this.#processes.delete(oldest[1]);
  }

  library(row: LibraryRow): void {
    this.#database
      .prepare('INSERT INTO library (path, kind, attached_ns, probes, missing, single_step) VALUES (?, ?, ?, ?, ?, ?)')
      .run(row.path, row.kind, row.attached_ns, row.probes, row.missing, row.single_step);
  }

  /** What another tool said about an imported recording, and what the rows say to it. */
  claim(row: ClaimRow): void {
    const names = Object.keys(row);
    this.#database
      .prepare(`INSERT INTO foreign_claim (${names.join(', ')}) VALUES (${placeholders(names.length)})`)
      .run(...Object.values(row));
  }

  /** Records that `count` events are missing between two times. */
  loss(reason: LossName, start: number, end: number, count: number, detail: string | null = null): void {
    this.#lossId++;
    this.#database
      .prepare('INSERT INTO loss (id, start_ns, end_ns, reason, count, detail) VALUES (?, ?, ?, ?, ?, ?)')
      .run(this.#lossId, start, end, reason, count, detail);
  }

  /** Adds calls that have no row to the totals. */
  lostCalls(lost: LostCalls, now: number): void {
    this.totals.addLost(lost, now);
  }

  setFact(key: string, value: string | number): void {
    this.#setFact.run(key, String(value));
  }

  /** Makes everything so far durable against a crash of this program. `now` in ns. */
  commit(now: number): void {
    for (const _step of this.commitInSteps(now));
  }

  /** The same, a part at each `next()`; no call is to be added or counted between two parts. */
  *commitInSteps(now: number): Generator<void> {
    for (const _part of this.#writeInSteps(now)) yield;
    this.#sealer?.commit(now);
    this.#database.exec('COMMIT; BEGIN');
  }

  /** Ends the recording: one file without companions. */
  close(now: number): void {
    this.#write(now);
    this.#database.prepare('DELETE FROM loss WHERE id = ?').run(CUT_SHORT_ID);
    this.setFact('state', 'complete');
    this.#sealer?.end(now);
    this.#database.exec('COMMIT');
    // A reader that has the file open keeps it from becoming one file, not from being complete: no waiting for it.
    this.#database.exec('PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE)');
    try {
      this.#database.exec('PRAGMA journal_mode = DELETE');
    } catch {}
    this.#database.close();
  }

  /** Gives the file up after a failed write: what was committed stays, and the file says that it was cut. */
  abandon(): void {
    this.#database.close();
  }

  #write(now: number): void {
    for (const _part of this.#writeInSteps(now));
  }

  *#writeInSteps(now: number): Generator<void> {
    this.#calls.flush();
    this.#callSegment.flush();
    yield;
    this.waits.flush();
    yield;
    this.stacks.flush();
    yield;
    this.totals.flush();
    this.setFact('duration_ns', now);
    this.#database.prepare('UPDATE loss SET start_ns = ?, end_ns = ? WHERE id = ?').run(now, now, CUT_SHORT_ID);
    yield;
  }
}
