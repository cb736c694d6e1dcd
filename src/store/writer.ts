// Writes a recording: rows in batches, commits at least every second, and the facts about the recording itself.
// Knows tables and times, not where rows come from or what they mean.
import { statSync } from 'node:fs';
import { argumentNames } from '../catalogue/arguments.ts';
import type { LostCalls } from '../catalogue/kernel-structs.ts';
import type { LossName } from '../catalogue/losses.ts';
import type { ClaimVerdict } from '../catalogue/tables/claims.ts';
import { Batch } from './batch.ts';
import { beginRecording, CUT_SHORT_ID, type Facts, placeholders } from './begin-recording.ts';
import { errors } from './errors.ts';
import type { EvidenceKey } from './evidence/key.ts';
import { createSealer, type Sealer } from './evidence/sealer.ts';
import { foldLog } from './fold-log.ts';
import { createInterner } from './interner.ts';
import { createLiveWriter, type LiveWriter } from './live-writer.ts';
import type { Database } from './open.ts';
import type { Keep, Pruned } from './retention/keep.ts';
import { createPruner, type Pruner } from './retention/pruner.ts';
import { Segment, type SegmentIds } from './segment.ts';
import { createStackWriter, type StackWriter } from './stack-writer.ts';
import { Totals } from './totals.ts';
import { createWaitWriter, type WaitWriter } from './wait-writer.ts';

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
  /** JSON: the place and the price of each probe by function. */
  readonly sites?: string;
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

/** Ended processes of which more may still be told. */
const REMEMBERED_ENDED = 50_000;

/** A recording being written. Times are ns since it began. Any method may throw the error of a failing disk. */
export class RecordingWriter {
  readonly path: string;
  readonly totals: Totals;
  readonly threadId: (pid: number, tid: number, comm: string) => number;
  /** Id of a set of arguments; `weight`: how many calls like it a row with them stands for, 1 unless told. */
  readonly argumentsId: (values: readonly (number | null)[], perThreadStream: boolean, weight?: number) => number;
  readonly waits: WaitWriter;
  readonly stacks: StackWriter;
  readonly live: LiveWriter;
  readonly #database: Database;
  readonly #calls: Batch;
  readonly #callSegment: Segment;
  readonly #sealer: Sealer | undefined;
  readonly #pruner: Pruner | undefined;
  readonly #forgetters: (() => void)[] = [];
  /** Losses that say what was taken away, by their reason. */
  readonly #prunedLosses = new Map<LossName, number>();
  /** Rows by pid: of those that live, and of the last that have ended. */
  readonly #processes = new Map<number, number>();
  readonly #ended = new Map<number, number>();
  /** Of the file, so that it is noticed when its name belongs to another one, or to none. */
  readonly #inode: number;
  readonly #setFact: ReturnType<Database['prepare']>;
  #lossId = CUT_SHORT_ID;
  #nextProcess = 1;

  /** With a key its rows are sealed as they are written; with `keep` the oldest go when there are more than that. */
  constructor(path: string, facts: Facts, key?: EvidenceKey, keep: Keep = {}) {
    this.path = path;
    const database = beginRecording(path, facts, key);
    this.#database = database;
    this.#inode = statSync(path).ino;
    database.exec('BEGIN IMMEDIATE');
    const sealer = key === undefined ? undefined : createSealer(database, key);
    this.#sealer = sealer;
    this.#setFact = database.prepare('INSERT OR REPLACE INTO recording (key, value) VALUES (?, ?)');
    this.#calls = new Batch(
      database,
      'call',
      ['start_ns', 'duration_ns', 'thread', 'op', 'depth', 'ret', 'args', 'ptr', 'taken'],
      sealer,
    );
    const segmentIds: SegmentIds = { last: 0 };
    this.#callSegment = new Segment(database, 'call', this.#calls, segmentIds);
    this.stacks = createStackWriter(database, sealer, segmentIds);
    this.waits = createWaitWriter(database, this.stacks.idNow, sealer, segmentIds);
    this.live = createLiveWriter(database);
    this.totals = new Totals(database);
    const threads = createInterner(database, 'thread', ['pid', 'tid', 'comm']);
    this.threadId = (pid, tid, comm) => threads.idOf([pid, tid, comm]);
    const argumentSets = createInterner(database, 'call_args', [...argumentNames, 'per_thread', 'weight']);
    this.argumentsId = (values, perThreadStream, weight = 1) =>
      argumentSets.idOf([...values, perThreadStream ? 1 : 0, weight]);
    this.onForget(threads.forget);
    this.onForget(argumentSets.forget);
    this.onForget(this.waits.forget);
    this.onForget(this.stacks.forget);
    if (keep.bytes !== undefined || keep.ns !== undefined)
      this.#pruner = createPruner({
        ...{ database, sealer, keep },
        loss: (reason, until, count, detail) => this.#tellPruned(reason, until, count, detail),
        setFact: (name, value) => this.setFact(name, value),
        renewNames: () => {
          for (const forget of this.#forgetters) forget();
        },
        forgetProcess: (id, pid) => {
          if (this.#processes.get(pid) === id) this.#processes.delete(pid);
        },
        lastTaken: this.stacks.lastTaken,
        takenGone: this.stacks.gone,
      });
    database.exec('COMMIT; BEGIN IMMEDIATE');
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
    values[at + 8] = taken === 0 ? null : this.stacks.idNow(taken);
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
      .prepare(
        'INSERT INTO library (path, kind, attached_ns, probes, missing, single_step, sites) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(row.path, row.kind, row.attached_ns, row.probes, row.missing, row.single_step, row.sites ?? null);
  }

  /** What another tool said about an imported recording, and what the rows say to it. */
  claim(row: ClaimRow): void {
    const names = Object.keys(row);
    this.#database
      .prepare(`INSERT INTO foreign_claim (${names.join(', ')}) VALUES (${placeholders(names.length)})`)
      .run(...Object.values(row));
  }

  /** Records that `count` events are missing between two times. Returns the id of the loss, which may grow. */
  loss(reason: LossName, start: number, end: number, count: number, detail: string | null = null): number {
    this.#lossId++;
    this.#database
      .prepare('INSERT INTO loss (id, start_ns, end_ns, reason, count, detail) VALUES (?, ?, ?, ?, ?, ?)')
      .run(this.#lossId, start, end, reason, count, detail);
    return this.#lossId;
  }

  /** More of the same is missing: a loss now lasts until `end`, and is of `count` events in all. */
  growLoss(id: number, end: number, count: number): void {
    this.#database.prepare('UPDATE loss SET end_ns = ?, count = ? WHERE id = ?').run(end, count, id);
  }

  #tellPruned(reason: LossName, until: number, count: number, detail: string): void {
    const known = this.#prunedLosses.get(reason);
    const id = known ?? this.loss(reason, 0, until, count, detail);
    this.#prunedLosses.set(reason, id);
    if (known === undefined) return;
    this.growLoss(id, until, count);
    this.#database.prepare('UPDATE loss SET detail = ? WHERE id = ?').run(detail, id);
  }

  /**
   * Calls `forget` each time when ids of threads, arguments, files and stacks from before are not to be used any more: their
   * rows go when the last event from before has gone. It may ask for new ones.
   */
  onForget(forget: () => void): void {
    this.#forgetters.push(forget);
  }

  /** What was taken away so far; undefined when nothing was. */
  pruned(): Pruned | undefined {
    return this.#pruner?.pruned();
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
    for (const _part of this.#writeInSteps(now, false)) yield;
    this.#sealer?.commit(now);
    if (this.#pruner !== undefined) yield* this.#pruner.steps(now);
    this.#database.exec('COMMIT; BEGIN IMMEDIATE');
    this.#checkPlace();
  }

  /** Gives back memory in which pages of the file are kept. */
  tidy(): void {
    this.#database.exec('PRAGMA shrink_memory');
  }

  /** Ends the recording: one file without companions. */
  close(now: number): void {
    for (const _part of this.#writeInSteps(now, true));
    this.#pruner?.finish();
    this.#database.prepare('DELETE FROM loss WHERE id = ?').run(CUT_SHORT_ID);
    this.setFact('state', 'complete');
    this.#sealer?.end(now);
    this.#database.exec('COMMIT');
    this.#checkPlace();
    foldLog(this.#database);
    this.#database.close();
  }

  /** Gives the file up after a failed write: what was committed stays, and the file says that it was cut. */
  abandon(): void {
    this.#database.close();
  }

  /** Throws a UserError when the file has lost its name: then nobody would find what is written into it. */
  #checkPlace(): void {
    let found: number | undefined;
    try {
      found = statSync(this.path, { throwIfNoEntry: false })?.ino;
    } catch {
      // Its folder was closed to us: it may well be there.
      return;
    }
    if (found !== this.#inode) throw errors.outputGone({ path: this.path });
  }

  *#writeInSteps(now: number, isLast: boolean): Generator<void> {
    this.#calls.flush();
    this.#callSegment.flush(isLast);
    yield;
    this.waits.flush(isLast);
    yield;
    this.stacks.flush(isLast);
    yield;
    const missed = this.stacks.missed();
    if (missed > 0)
      this.#tellPruned('stack_pruned', now, missed, 'of waits and calls that lasted longer than stacks are kept');
    this.totals.flush();
    this.setFact('duration_ns', now);
    this.#database.prepare('UPDATE loss SET start_ns = ?, end_ns = ? WHERE id = ?').run(now, now, CUT_SHORT_ID);
    yield;
  }
}
