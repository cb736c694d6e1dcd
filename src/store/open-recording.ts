// Opens a recording for analyses: puts the readers together. All of them see the file as it was when it was opened, also
// while it grows; so it is opened for one answer and closed after it.
import { UserError } from '../base/errors.ts';
import { type Database, openDatabase } from './open.ts';
import { createAboutReader, readFacts } from './read-about.ts';
import { createCallReader } from './read-calls.ts';
import { guarded, isHeld, readFault } from './read-fault.ts';
import { createGapReader } from './read-gaps.ts';
import { createSegments, rowsAbout } from './read-segments.ts';
import { createSiblingReader } from './read-siblings.ts';
import { createStackReader } from './read-stacks.ts';
import { createSumReader } from './read-sums.ts';
import { createThreads } from './read-threads.ts';
import { createTotalReader } from './read-totals.ts';
import { createWaitReader } from './read-waits.ts';
import type { Recording } from './recording.ts';
import { recordingState } from './recording-state.ts';

const iterateGuarded = function* <T>(path: string, rows: Iterable<T>): Generator<T> {
  try {
    yield* rows;
  } catch (thrown) {
    throw readFault(path, thrown);
  }
};

const assemble = (path: string, database: Database): Recording => {
  // One snapshot for all reads: what was counted and what is listed belong together.
  database.exec('BEGIN');
  const facts = readFacts(database);
  const state = recordingState(facts);
  const segments = createSegments(database);
  const threads = createThreads(database);
  const calls = createCallReader(database, segments, threads);
  const siblings = createSiblingReader(database, segments, threads);
  const waits = createWaitReader(database, segments, threads);
  const sums = createSumReader(database, segments, threads);
  const gaps = createGapReader(database, segments, threads);
  const stacks = createStackReader(database, segments, threads);
  const totals = createTotalReader(database);
  const about = createAboutReader(database, state);
  const duration = Number(facts.get('duration_ns'));
  const pruned = Number(facts.get('pruned_until_ns') ?? 0);
  const end = Number.isFinite(duration) ? duration : 0;
  const start = pruned > 0 && pruned < end ? pruned : 0;
  const lastStart = database.prepare('SELECT max(start_ns) AS start FROM process WHERE pid = ?');
  /** Of a process that was there before its first rows, calls may have gone. */
  const isSeenWhole = (pid: number): boolean => {
    const born = start === 0 ? undefined : lastStart.get(pid)?.start;
    return start === 0 || (typeof born === 'number' && born >= start);
  };
  return {
    path,
    facts,
    state,
    lacks: new Set((facts.get('missing_abilities') ?? '').split(',').filter((name) => name !== '')),
    window: { start_ns: start, end_ns: end },
    hasWaits: segments.rows('off_cpu') > 0,
    slowestCalls: guarded(path, calls.slowestCalls),
    longCalls: (filter) => {
      const { calls: found, isPart } = guarded(path, calls.longCalls)(filter);
      return { calls: iterateGuarded(path, found), isPart };
    },
    callById: guarded(path, calls.callById),
    callsOf: guarded(path, calls.callsOf),
    siblingDurations: guarded(path, siblings.siblingDurations),
    earlierCalls: guarded(path, (call, most) =>
      isSeenWhole(call.pid) ? siblings.earlierCalls(call, most) : undefined,
    ),
    waitsOf: guarded(path, waits.waitsOf),
    slicesOn: guarded(path, waits.slicesOn),
    longestWaits: guarded(path, waits.longestWaits),
    failures: guarded(path, sums.failures),
    totals: guarded(path, totals.totals),
    opTotals: guarded(path, totals.opTotals),
    callsBySecond: guarded(path, totals.callsBySecond),
    processes: guarded(path, about.processes),
    losses: guarded(path, about.losses),
    steppingCalls: guarded(path, gaps.steppingCalls),
    stacksOf: guarded(path, stacks.stacksOf),
    sharedFrames: guarded(path, stacks.sharedFrames),
    samplesOf: guarded(path, stacks.samplesOf),
    stackSums: guarded(path, stacks.stackSums),
    stackCover: guarded(path, stacks.stackCover),
    rowCounts: guarded(path, () => ({
      calls: segments.rows('call'),
      waits: segments.rows('off_cpu'),
      run_slices: segments.rows('run_slice'),
    })),
    waitsIn: guarded(path, (window) =>
      rowsAbout(segments.matching('off_cpu', window), window, { start_ns: start, end_ns: end }),
    ),
    database,
    close: () => database.close(),
  };
};

const open = (path: string): Database => {
  try {
    return openDatabase(path);
  } catch (thrown) {
    throw thrown instanceof UserError && isHeld(thrown.cause) ? readFault(path, thrown.cause) : thrown;
  }
};

/**
 * Opens a recording. Throws a UserError when the file is missing, no recording, newer than this program, held by another
 * program or damaged; its readers throw UserErrors when it goes away or turns out to be damaged later.
 */
export const openRecording = (path: string): Recording => {
  const database = open(path);
  try {
    return assemble(path, database);
  } catch (thrown) {
    database.close();
    throw readFault(path, thrown);
  }
};
