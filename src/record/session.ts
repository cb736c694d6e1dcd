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
import type { Shed } from '../catalogue/shedding.ts';
import { bootId } from '../store/boot-id.ts';
import { errors } from '../store/errors.ts';
import type { EvidenceKey } from '../store/evidence/key.ts';
import type { Keep, Pruned } from '../store/retention/keep.ts';
import { RecordingWriter } from '../store/writer.ts';
import { createCallEvents } from './call-events.ts';
import { createFiles } from './files.ts';
import { createLiveRows, type LiveRows } from './live-rows.ts';
import { createLives } from './lives.ts';
import { createLossNotes } from './loss-notes.ts';
import { createNoteEvents } from './note-events.ts';
import { noteOpenCall } from './open-call.ts';
import { createPace } from './pace.ts';
import { createProcessEvents, releaseHeld } from './process-events.ts';
import { createProcesses, type Processes } from './processes.ts';
import { createPythons } from './pythons.ts';
import { createShedding } from './shedding.ts';
import { createStackEvents } from './stack-events.ts';
import { createThreads } from './threads.ts';
import { createTidying } from './tidying.ts';
import { createWaitEvents } from './wait-events.ts';

const COMMIT_MS = 500;
/** The same while nothing comes. */
const QUIET_COMMIT_MS = 1000;

export type SessionOptions = CaptureOptions & {
  readonly path: string;
  /** Of this program, kept in the file. */
  readonly version: string;
  readonly command: readonly string[];
  /** Keep arguments of programs as they are; else what looks like a secret is taken out of them. */
  readonly keepArguments: boolean;
  /** Seals the recording; without it there are no seals. */
  readonly key?: EvidenceKey | undefined;
  /** What the file may hold: beyond that the oldest rows go. Without it everything stays. */
  readonly keep?: Keep | undefined;
  /** Whether a process that is not tracked, and has just mapped a CUDA library, shall be recorded. */
  readonly wants: (pid: number) => boolean;
  /** Called for a program that a process which is not tracked began to execute. */
  readonly onForeignExec: (pid: number, comm: string) => void;
};

export type Progress = {
  readonly elapsed: number;
  readonly events: number;
  /** Events that are missing, but for those that were left out on purpose. */
  readonly lost: number;
  /** What was left out on purpose since the machine could not keep up, and the level at which that goes on now. */
  readonly shed: ReadonlyMap<Shed, number>;
  readonly level: number;
  readonly top: readonly { readonly op: string; readonly count: number; readonly sum: number }[];
  /** What was taken away since the file may hold no more; undefined when nothing was. */
  readonly pruned: Pruned | undefined;
};

export type Session = {
  readonly capture: Capture;
  readonly processes: Processes;
  /** Takes what subscriptions and watches deliver beside it. */
  readonly live: LiveRows;
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
  /** Reads what is left, closes the file once what still writes into it has ended, and detaches. */
  readonly stop: (writing?: Promise<void>) => Promise<void>;
};

const factsOf = (
  capture: Capture,
  { command, keepArguments, trackAll, hold, version, sampleHz, keep = {} }: SessionOptions,
) => ({
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
    keep_bytes: keep.bytes,
    keep_ns: keep.ns,
    missing_tracepoints: capture.missing,
  }),
});

/** Starts recording into a new file. Throws a UserError when this machine, user or file cannot. */
export const startSession = (options: SessionOptions): Session => {
  const capture = startCapture(options);
  const writer = new RecordingWriter(options.path, factsOf(capture, options), options.key, options.keep);
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
  const files = createFiles(writer.waits);
  for (const renew of [lives.renew, files.forget, namer.renewKeys]) writer.onForget(renew);
  const waits = createWaitEvents({
    ...{ capture, threads, lives, writer: writer.waits, files },
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
  let ended: number | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let lastCommit = performance.now();
  /** Events that the last commit held; none was made yet. */
  let committed = -1;
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

  const losses = createLossNotes({
    ...{ capture, writer, takeLost: waits.takeLost },
    hasEnded: (pid) => !processes.isTracked(pid),
  });
  const shedding = createShedding();
  let level = 0;
  let commitMs = 0;
  /** Leaves out more or less from now on, as what a step showed demands. */
  const keepUp = (fill: number, stepMs: number) => {
    const measured = { ring: fill, commit: commitMs, step: stepMs, names: namer.behind() };
    const wanted = shedding.see(performance.now(), measured);
    if (wanted === level) return;
    losses.note(level);
    level = wanted;
    capture.shed(level);
  };

  /** What waits now, and no more: a program may send events for ever. Twice, since the first may meet one that is being written. */
  const drainAll = () => {
    for (let i = 0; i < 2; i++) count += capture.drain(handle, Number.MAX_SAFE_INTEGER);
    waits.settle();
    processes.settle();
  };

  /** Part by part, so that none of them takes long. */
  function* commitInSteps() {
    const began = performance.now();
    losses.note(level);
    losses.noteTotals();
    yield;
    yield* writer.commitInSteps(capture.clock.now());
    lastCommit = performance.now();
    committed = count;
    commitMs = lastCommit - began;
    capture.rest();
  }

  const pace = createPace();
  const tidying = createTidying();
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
      const began = performance.now();
      const read = capture.drain(handle, pace.limit());
      count += read;
      waits.settle();
      processes.settle();
      pythons.settle();
      namer.send();
      const fill = capture.fill();
      wait = pace.next(read, fill);
      keepUp(fill, performance.now() - began);
      if (tidying.see(began, read)) {
        namer.tidy();
        writer.tidy();
        capture.tidy();
      }
      if (performance.now() - lastCommit <= (count === committed ? QUIET_COMMIT_MS : COMMIT_MS)) return;
      committing = commitInSteps();
      wait = 0;
    });
    if (!stopped) timer = setTimeout(tick, wait);
  };

  const live = createLiveRows({
    ...{ writer, guarded, keepArguments: options.keepArguments },
    now: capture.clock.now,
    met: processes.met,
  });

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
    live,
    settled: namer.ready,
    failed: fail.promise,
    progress: () => {
      const top = [...writer.totals.counts()]
        .map(([op, totals]) => ({ op: callById.get(op)?.op ?? String(op), ...totals }))
        .sort((a, b) => b.sum - a.sum);
      const elapsed = ended ?? capture.clock.now();
      const pruned = writer.pruned();
      return { elapsed, events: count, lost: losses.lost(), shed: losses.shed(), level, top, pruned };
    },
    dropPrivileges: () =>
      namer.dropPrivileges(() => {
        const { kept, left, why } = capture.dropPrivileges(ownerFor(options.path));
        guarded(() => writer.setFact('privileges', left ? keptText(kept) : `${keptText(kept)} (${why})`));
        return left;
      }),
    stop: async (writing) => {
      if (!stopped) {
        clearTimeout(timer);
        capture.holdNoMore();
        guarded(() => {
          // What every thread did is known until here.
          const seenUntil = capture.clock.now();
          capture.sendOpen();
          drainAll();
          // Programs may go on: rows, totals and losses are of the same calls.
          capture.endCalls();
          drainAll();
          waits.finish(seenUntil);
          noteOpenCalls();
          losses.note(level);
          lives.endAll(seenUntil);
          // What was met last is told of too.
          processes.settle();
          processes.settle();
          losses.noteTotals();
          losses.noteOwed();
        });
        const unnamed = await namer.finish();
        await writing;
        guarded(() => {
          const now = capture.clock.now();
          if (unnamed > 0) writer.loss('stack_unnamed', 0, now, unnamed);
          writer.setFact('ended', 'stopped');
          writer.close(now);
        });
        stopped = true;
        ended = capture.clock.now();
      }
      await Promise.all([writing, capture.stop()]);
    },
  };
};
