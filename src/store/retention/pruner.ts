// Keeps a recording that is being written small and young: takes the oldest whole stretches away in short steps, and leaves a
// loss and, where it is sealed, a tombstone. Knows tables and times, not what they mean.
import { bytesText, durationText } from '../../base/units.ts';
import type { LossName } from '../../catalogue/losses.ts';
import { quoted, readCoverage } from '../evidence/coverage.ts';
import { planDrop } from '../evidence/drop-seals.ts';
import { CHUNK_ROWS } from '../evidence/number-rows.ts';
import type { Sealer } from '../evidence/sealer.ts';
import { type Dropped, tombstoneText } from '../evidence/tombstone.ts';
import type { Database, Statement } from '../open.ts';
import { number } from '../row.ts';
import { createAccount } from './account.ts';
import { joinLosses } from './join-losses.ts';
import type { Keep, Pruned } from './keep.ts';
import { countedLedger, type Stretch, type StretchPart, sealedLedger } from './ledger.ts';
import { eventTables, nameTables } from './tables.ts';

/** Rows that one statement takes away: well below a millisecond. Whole chunks of a seal, so that what is left can be checked. */
const STEP_ROWS = 4 * CHUNK_ROWS;
/** Rows of a round at least, where there are as many: each round costs a tombstone. */
const ROUND_ROWS = 32_768;
const ROUND_STRETCHES = 256;
/** Share of the allowed size at which a round begins: what comes until it is through needs room as well. */
const BEGINS_AT = 0.9;
/** Share of the time since the last commit that steps may take, and ms at least and at most. */
const SHARE = 0.25;
const LEAST_MS = 5;
const MOST_MS = 200;
/** The same where the file is larger than it may be. */
const SHARE_WHEN_LARGE = 0.75;

export type PrunerParts = {
  readonly database: Database;
  readonly sealer: Sealer | undefined;
  readonly keep: Keep;
  /** Says what is missing until a time; said again with more, it replaces what was said. */
  readonly loss: (reason: LossName, until: number, count: number, detail: string) => void;
  readonly setFact: (key: string, value: number) => void;
  /** From now on rows refer to names that are written from now on. */
  readonly renewNames: () => void;
  /** A process has no row any more. */
  readonly forgetProcess: (id: number, pid: number) => void;
  /** Id of the stack that was taken last. */
  readonly lastTaken: () => number;
  /** Taken stacks up to this id go now. */
  readonly takenGone: (until: number) => void;
};

export type Pruner = {
  /** What is to be done at a commit, inside its transaction, a part at each `next()`. `now` in ns. */
  readonly steps: (now: number) => Generator<void>;
  /** Takes the rest of what was said to go: nothing comes after it. */
  readonly finish: () => void;
  /** undefined while nothing was taken away. */
  readonly pruned: () => Pruned | undefined;
};

/** Where names began to be written anew. */
type Turn = { readonly number: number; readonly time: number; readonly taken: number };
const BEGINNING: Turn = { number: 0, time: 0, taken: 0 };

const whyOf = ({ bytes, ns }: Keep): string => {
  const limits = [...(bytes === undefined ? [] : [bytesText(bytes)]), ...(ns === undefined ? [] : [durationText(ns)])];
  return `to keep at most ${limits.join(' and ')}`;
};

/** Begins to watch over a recording whose tables are there. */
export const createPruner = (parts: PrunerParts): Pruner => {
  const { database, sealer, keep, loss, setFact } = parts;
  const growing = readCoverage(database).filter(({ sealed }) => sealed === 'growing');
  const keys = new Map(growing.map(({ table, key: [by = 'id'] }) => [table, by]));
  const ledger = sealer === undefined ? countedLedger(database, growing) : sealedLedger(database, sealer.last);
  const removals = new Map(
    [...keys].map(([table, by]) => [table, database.prepare(`DELETE FROM ${quoted(table)} WHERE ${quoted(by)} <= ?`)]),
  );
  const removeTaken = database.prepare('DELETE FROM taken_stack WHERE id <= ?');
  const oldestTaken = database.prepare('SELECT coalesce(min(id), 0) AS first FROM taken_stack');
  const removeSeconds = database.prepare(
    'DELETE FROM second WHERE (second, pid, op) IN (SELECT second, pid, op FROM second WHERE second < ? LIMIT ?)',
  );
  const removeTasks = database.prepare('DELETE FROM task WHERE id IN (SELECT id FROM task WHERE end_ns < ? LIMIT ?)');
  // Exact totals keep the name of their process. Of one that was only met, it is not known when it ended.
  const removeProcesses = database.prepare(
    `DELETE FROM process WHERE id IN (SELECT id FROM process WHERE pid NOT IN (SELECT pid FROM total)
     AND (end_ns < ? OR (tracked = 0 AND end_ns IS NULL AND pid NOT IN (SELECT pid FROM thread))) LIMIT ?) RETURNING id, pid`,
  );
  const pages = database.prepare(
    'SELECT (c.page_count - f.freelist_count) * s.page_size AS bytes FROM pragma_page_count c, pragma_freelist_count f, pragma_page_size s',
  );

  /** Numbers of the last stretches whose events and names are gone. */
  const gone = { events: 0, names: 0 };
  /** Names up to this turn are to go, and from this one on they are in use. */
  let oldNames = BEGINNING;
  let newNames = BEGINNING;
  let dropped: Dropped | undefined;
  let until = 0;
  const account = createAccount();
  let work: Generator<void> | undefined;
  let commitAt = performance.now();

  const sizeNow = (): number => {
    const row = pages.get();
    return row === undefined ? 0 : number(row, 'bytes');
  };
  const isOld = ({ time }: Stretch, now: number): boolean => keep.ns !== undefined && time < now - keep.ns;
  const isLarge = (share: number): boolean => keep.bytes !== undefined && sizeNow() > share * keep.bytes;

  /** The stretches of a round: what is too old, else the oldest rows. Empty when there is nothing to do. */
  const chosen = (now: number): readonly Stretch[] => {
    const isTooLarge = isLarge(BEGINS_AT);
    const found: Stretch[] = [];
    let rows = 0;
    let next = ledger.after(gone.events);
    while (
      next !== undefined &&
      rows < ROUND_ROWS &&
      found.length < ROUND_STRETCHES &&
      (isTooLarge || isOld(next, now))
    ) {
      found.push(next);
      for (const { table, after, last } of next.parts) if (table in eventTables) rows += last - after;
      next = ledger.after(next.number);
    }
    return found;
  };

  const tell = (): void => {
    for (const { reason, count, detail } of account.losses()) loss(reason, until, count, detail);
    setFact('pruned_until_ns', until);
  };

  /** Signs for what goes, before it does; what has gone altogether leaves no seal behind. */
  const sign = (now: number, eventsTo: number): void => {
    const last = Math.min(gone.events, gone.names);
    if (sealer !== undefined && last > (dropped?.last ?? 1)) dropped = planDrop(database, last);
    sealer?.tombstone(
      now,
      tombstoneText({
        gone: [
          { until: eventsTo, tables: Object.keys(eventTables) },
          ...(oldNames.number > 0 ? [{ until: oldNames.number, tables: nameTables }] : []),
        ],
        ...{ rows: account.rows(), why: whyOf(keep), dropped },
      }),
    );
    ledger.drop(last);
  };

  function* removePart({ table, after, last }: StretchPart): Generator<void> {
    const remove = removals.get(table);
    // Rows without an id of their own are sealed by their order: all of a stretch go at once.
    const step = keys.get(table) === 'id' ? STEP_ROWS : last - after;
    for (let to = after; to < last; ) {
      to = Math.min(last, to + step);
      remove?.run(to);
      yield;
    }
  }

  function* removeRows(of: 'events' | 'names', to: number, tables: readonly string[]): Generator<void> {
    for (let next = ledger.after(gone[of]); next !== undefined && next.number <= to; next = ledger.after(next.number)) {
      const { parts: all } = next;
      for (const part of tables.flatMap((table) => all.filter((one) => one.table === table))) yield* removePart(part);
      gone[of] = next.number;
    }
  }

  /** Rows of before `limit`, some at a time. */
  function* removeAll(statement: Statement, limit: number): Generator<void> {
    for (let removed = STEP_ROWS; removed === STEP_ROWS; ) {
      removed = Number(statement.run(limit, STEP_ROWS).changes);
      yield;
    }
  }

  /** What refers to names goes before them. */
  function* removeNames(): Generator<void> {
    yield* removeAll(removeTasks, oldNames.time);
    parts.takenGone(oldNames.taken);
    const row = oldestTaken.get();
    for (let to = row === undefined ? 0 : number(row, 'first') - 1; to < oldNames.taken; ) {
      to = Math.min(oldNames.taken, to + STEP_ROWS);
      removeTaken.run(to);
      yield;
    }
    yield* removeRows('names', oldNames.number, nameTables);
    for (let found = STEP_ROWS; found === STEP_ROWS; ) {
      const rows = removeProcesses.all(oldNames.time, STEP_ROWS);
      found = rows.length;
      for (const row of rows) parts.forgetProcess(number(row, 'id'), number(row, 'pid'));
      yield;
    }
    joinLosses(database, oldNames.time);
    yield;
  }

  function* round(stretches: readonly Stretch[], now: number): Generator<void> {
    const last = stretches.at(-1);
    if (last === undefined) return;
    // All events that are left then refer to names that were written since the last turn: those of the stretch after it may
    // have been written before it.
    const isTurn = last.number > newNames.number;
    if (isTurn) {
      oldNames = newNames;
      newNames = { number: ledger.last(), time: now, taken: parts.lastTaken() };
      parts.renewNames();
      yield;
    }
    until = last.time;
    account.add(stretches);
    tell();
    sign(now, last.number);
    yield;
    yield* removeRows('events', last.number, Object.keys(eventTables));
    yield* removeAll(removeSeconds, Math.floor(until / 1e9));
    if (isTurn) yield* removeNames();
  }

  const nextRound = (now: number): Generator<void> | undefined => {
    const stretches = chosen(now);
    return stretches.length === 0 ? undefined : round(stretches, now);
  };

  return {
    steps: function* (now) {
      ledger.note(now);
      const began = performance.now();
      const since = began - commitAt;
      const most = Math.max(LEAST_MS, isLarge(1) ? SHARE_WHEN_LARGE * since : Math.min(MOST_MS, SHARE * since));
      commitAt = began;
      work ??= nextRound(now);
      // What a round begins with belongs to this commit.
      for (let isFirst = true; work !== undefined && (isFirst || performance.now() - began < most); isFirst = false) {
        if (work.next().done === true) work = nextRound(now);
        yield;
      }
    },
    finish: () => {
      while (work !== undefined && work.next().done !== true);
      work = undefined;
    },
    pruned: () => (until === 0 ? undefined : { until, rows: account.rows() }),
  };
};
