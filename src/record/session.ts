// A recording in progress: drains the rings on a timer, commits, counts losses. Where capture and store meet.
import { cpus, hostname, release } from 'node:os';
import { commandLine } from '../base/command-line.ts';
import { messageOf, systemCodeOf } from '../base/errors.ts';
import { missingAbilities } from '../capture/abilities.ts';
import { type Capture, type CaptureOptions, startCapture } from '../capture/capture.ts';
import { TYPE } from '../capture/event-words.ts';
import { keptText, ownerFor } from '../capture/least-privilege.ts';
import { createGilRecogniser } from '../capture/python-gil.ts';
import type { EventHandler } from '../capture/ring.ts';
import { startNamer } from '../capture/stacks/namer.ts';
import { callById } from '../catalogue/calls.ts';
import { events } from '../catalogue/events.ts';
import type { LossName } from '../catalogue/losses.ts';
import { bootId } from '../store/boot-id.ts';
import { errors } from '../store/errors.ts';
import type { EvidenceKey } from '../store/evidence/key.ts';
import { RecordingWriter } from '../store/writer.ts';
import { createCallEvents } from './call-events.ts';
import { createFiles } from './files.ts';
import { createLives } from './lives.ts';
import { createNoteEvents } from './note-events.ts';
import { noteOpenCall } from './open-call.ts';
import { createPace } from './pace.ts';
import { createProcessEvents, releaseHeld } from './process-events.ts';
import { createProcesses, type Processes } from './processes.ts';
import { createPythons } from './pythons.ts';
import { createStackEvents } from './stack-events.ts';
import { createThreads } from './threads.ts';
import { createWaitEvents } from './wait-events.ts';

const BATCH = 50_000;
const COMMIT_MS = 500;

export type SessionOptions = CaptureOptions & {
  readonly path: string;
  /** Of this program, kept in the file. */
  readonly version: string;
  readonly command: readonly string[];
  /** Keep arguments of programs as they are; else what looks like a secret is taken out of them. */
  readonly keepArguments: boolean;
  /** Seals the recording; without it there are no seals. */
  readonly key?: EvidenceKey | undefined;
  /** Whether a process that is not tracked, and has just mapped a CUDA library, shall be recorded. */
  readonly wants: (pid: number) => boolean;
  /** Called for a program that a process which is not tracked began to execute. */
  readonly onForeignExec: (pid: number, comm: string) => void;
};

export type Progress = {
  readonly elapsed: number;
  readonly events: number;
  readonly lost: number;
  readonly top: readonly { readonly op: string; readonly count: number; readonly sum: number }[];
};

export type Session = {
  readonly capture: Capture;
  readonly processes: Processes;
  /** Resolves when starting takes no more of the machine's time: what is traced from then on is not disturbed by it. */
  readonly settled: Promise<void>;
  readonly progress: () => Progress;
  /** Resolves with the error when the file can no longer be written. */
  readonly failed: Promise<unknown>;
  /**
   * Gives up, for good and on all threads, what is not needed once the programs are started; the file says what was kept. What
   * this program starts later has no privileges.
   */
  readonly dropPrivileges: () => Promise<void>;
  /** Reads what is left, closes the file and detaches. */
  readonly stop: () => Promise<void>;
};

const factsOf = (capture: Capture, { command, keepArguments, trackAll, hold, version, sampleHz }: SessionOptions) => ({
  version,
  started_unix_ns: capture.clock.unixStart,
  started_monotonic_ns: capture.clock.monotonicStart,
  boot_id: bootId(),
  host: hostname(),
  kernel: release(),
  arch: process.arch,
  command: commandLine(command, keepArguments),
  arguments: keepArguments ? 'kept as they are' : 'redacted',
  cpus: cpus().length,
  recorder_pid: process.pid,
  sample_hz: sampleHz,
  missing_abilities: missingAbilities(capture.abilities).join(),
  settings: JSON.stringify({
    track_all: trackAll,
    hold,
    missing_tracepoints: capture.missing,
  }),
});

/** Starts recording into a new file. Throws a UserError when this machine, user or file cannot. */
export const startSession = (options: SessionOptions): Session => {
  const capture = startCapture(options);
  const writer = new RecordingWriter(options.path, factsOf(capture, options), options.key);
  if (capture.unsampled !== undefined) writer.loss('probe_failed', 0, 0, 1, `the clock of CPUs: ${capture.unsampled}`);
  const namer = startNamer(capture.clock, {
    onNamed: (named) => guarded(() => stacks.named(named)),
    onNewKeys: () => stacks.newKeys(),
  });
  const threads = createThreads(writer, (pid, comm) => processes.met(pid, comm));
  const lives = createLives({ writer: writer.waits, threads });
  const pythons = createPythons({ capture, onUnsupported: (pid, why) => processes.noteUnreadable(pid, why) });
  const processes = createProcesses({
    ...{ capture, writer, namer, lives, pythons },
    ...{ wants: options.wants, keepArguments: options.keepArguments },
  });
  const gil = createGilRecogniser();
  const stacks = createStackEvents({ writer: writer.stacks, namer, threads, clock: capture.clock });
  const calls = createCallEvents({ writer, threads, clock: capture.clock, stackOf: stacks.ofCall });
  const waits = createWaitEvents({
    ...{ capture, threads, lives, writer: writer.waits, files: createFiles(writer.waits) },
    ...{ isTracked: processes.isTracked, wasHeld: processes.wasHeld },
    isGil: gil.isGil,
    stackOf: stacks.ofWait,
  });
  const notes = createNoteEvents({ writer: writer.waits, threads, clock: capture.clock });
  const onProcessEvent = createProcessEvents({
    capture,
    threads,
    lives,
    processes,
    onForeignExec: options.onForeignExec,
  });
  const handlers = new Array<EventHandler | undefined>(16).fill(undefined);
  handlers[events.call.id] = calls;
  for (const [id, handler] of stacks.handlers) handlers[id] = handler;
  handlers[events.off_cpu.id] = waits.off_cpu;
  handlers[events.scope.id] = notes.scope;
  handlers[events.moment.id] = notes.moment;
  const handle: EventHandler = (words, at) => handlers[words[at + TYPE] ?? 0]?.(words, at);

  let count = 0;
  let lost = 0;
  let ended: number | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let lastCommit = performance.now();
  let lastLossTime = 0;
  let seenLosses: ReadonlyMap<LossName, number> = new Map();
  const fail = Promise.withResolvers<unknown>();

  /** Runs a step that writes; a disk that is full ends the recording and keeps what is there. */
  const guarded = (step: () => void) => {
    if (stopped) return;
    try {
      step();
    } catch (thrown) {
      stopped = true;
      ended = capture.clock.now();
      clearTimeout(timer);
      capture.holdNoMore();
      writer.abandon();
      const isDisk = systemCodeOf(thrown) === 'ERR_SQLITE_ERROR';
      fail.resolve(isDisk ? errors.writeFailed({ path: options.path, why: messageOf(thrown) }, thrown) : thrown);
    }
  };

  const noteLosses = () => {
    const now = capture.clock.now();
    const all = capture.losses();
    for (const [name, total] of all) {
      const more = total - (seenLosses.get(name) ?? 0);
      if (more <= 0) continue;
      writer.loss(name, lastLossTime, now, more);
      lost += more;
    }
    const unfollowed = waits.takeLost();
    if (unfollowed > 0) {
      writer.loss('history_overwritten', lastLossTime, now, unfollowed);
      lost += unfollowed;
    }
    seenLosses = all;
    noteDrops(lastLossTime, now);
    lastLossTime = now;
  };

  let seenDrops: ReadonlyMap<string, number> = new Map();
  const noteDrops = (from: number, to: number) => {
    const all = capture.drops();
    for (const [reason, total] of all) {
      const more = total - (seenDrops.get(reason) ?? 0);
      if (more > 0) writer.waits.packetDrops(from, to, reason, more);
    }
    seenDrops = all;
  };

  const drainAll = () => {
    for (;;) {
      const read = capture.drain(handle, BATCH);
      count += read;
      if (read < BATCH) break;
    }
    waits.settle();
    processes.settle();
  };

  /** Part by part, so that none of them takes long. */
  function* commitInSteps() {
    noteLosses();
    yield;
    yield* writer.commitInSteps(capture.clock.now());
    lastCommit = performance.now();
  }

  const pace = createPace();
  let committing: Iterator<void> | undefined;
  let wait = 0;
  const tick = () => {
    guarded(() => {
      if (committing !== undefined) {
        // Nothing is read until all parts are in: totals and rows of a commit are of the same moment.
        if (committing.next().done === true) committing = undefined;
        wait = 0;
        return;
      }
      const read = capture.drain(handle, pace.limit());
      count += read;
      waits.settle();
      processes.settle();
      pythons.settle();
      namer.send();
      wait = pace.next(read, capture.fill());
      if (performance.now() - lastCommit <= COMMIT_MS) return;
      committing = commitInSteps();
      wait = 0;
    });
    if (!stopped) timer = setTimeout(tick, wait);
  };

  capture.onProcessEvent((words, at) => {
    if (stopped) releaseHeld(words, at);
    else guarded(() => onProcessEvent(words, at));
  });
  timer = setTimeout(tick, wait);

  const noteOpenCalls = () => {
    const now = capture.clock.now();
    for (const call of capture.openCalls()) noteOpenCall(writer, capture.clock, call, now, 'the recording');
  };

  return {
    capture,
    processes,
    settled: namer.ready,
    failed: fail.promise,
    progress: () => {
      const top = [...writer.totals.counts()]
        .map(([op, totals]) => ({ op: callById.get(op)?.op ?? String(op), ...totals }))
        .sort((a, b) => b.sum - a.sum);
      return { elapsed: ended ?? capture.clock.now(), events: count, lost, top };
    },
    dropPrivileges: () =>
      namer.dropPrivileges(() => {
        const { kept, left, why } = capture.dropPrivileges(ownerFor(options.path));
        guarded(() => writer.setFact('privileges', left ? keptText(kept) : `${keptText(kept)} (${why})`));
        return left;
      }),
    stop: async () => {
      if (!stopped) {
        clearTimeout(timer);
        capture.holdNoMore();
        guarded(() => {
          // What every thread did is known until here.
          const seenUntil = capture.clock.now();
          capture.sendOpen();
          drainAll();
          waits.finish(seenUntil);
          noteOpenCalls();
          noteLosses();
          const now = capture.clock.now();
          lives.endAll(seenUntil);
          // What was met last is told of too.
          processes.settle();
          processes.settle();
          for (const total of capture.lostCalls()) writer.lostCalls(total, now);
        });
        const unnamed = await namer.finish();
        guarded(() => {
          const now = capture.clock.now();
          if (unnamed > 0) writer.loss('stack_unnamed', 0, now, unnamed);
          writer.setFact('ended', 'stopped');
          writer.close(now);
        });
        stopped = true;
        ended = capture.clock.now();
      }
      await capture.stop();
    },
  };
};
