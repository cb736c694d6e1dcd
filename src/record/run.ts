// Runs a recording from beginning to end: file, targets, program, signals. Says nothing: its caller has the words.
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { LiveDesk } from '../base/live-desk.ts';
import { type LongTimer, startLongTimer } from '../base/long-timer.ts';
import { candidateLibraries } from '../capture/candidates.ts';
import { requirePrivileges } from '../capture/capture.ts';
import { errors } from '../capture/errors.ts';
import { hasEnded } from '../capture/process-info.ts';
import type { EvidenceKey } from '../store/evidence/key.ts';
import { prepareOutput, putBack } from '../store/prepare-output.ts';
import type { Keep } from '../store/retention/keep.ts';
import { type Beside, checkLive, type LiveOptions, startBeside } from './beside.ts';
import { handOver } from './hand-over.ts';
import { requireProgram } from './require-program.ts';
import { createChooser, type Selection } from './selection.ts';
import { type Session, type SessionOptions, startSession } from './session.ts';
import { startCommand, sudoUser } from './start-command.ts';

const RESCAN_MS = 2000;
const WATCH_MS = 200;
const SAMPLE_HZ = 99;

export type RunOptions = {
  readonly path: string;
  /** Of this program, kept in the file. */
  readonly version: string;
  readonly selection: Selection;
  /** Ends the recording after so many ns. */
  readonly duration: number | undefined;
  readonly ringBytes?: number;
  /** Samples a second of what runs, 0 for no stacks at all; 99 by default: beside any clock that ticks in round numbers. */
  readonly sampleHz?: number;
  /** Seals the recording; without it there are no seals. */
  readonly key?: EvidenceKey | undefined;
  /** Give up, for the rest of this process, what is not needed once everything is started. */
  readonly leastPrivilege?: boolean;
  /** Keep arguments of programs as they are, with the secrets that may be in them. */
  readonly keepArguments?: boolean;
  /** What the file may hold: beyond that the oldest rows go. Without it everything stays. */
  readonly keep?: Keep | undefined;
  /** What runs beside it; nothing without it. */
  readonly live?: LiveOptions | undefined;
  /** Lets others ask at the desk of what runs beside it; called while all privileges are there. Resolves to what ends that. */
  readonly offer?: ((desk: LiveDesk) => Promise<() => Promise<void>>) | undefined;
  /** Hide what the program prints on its standard output. */
  readonly mute?: boolean;
  /** Called once all probes for what is there are in place. */
  readonly onReady: (session: Session, facts: { readonly kept: string | undefined; readonly readyMs: number }) => void;
  /** Called at the first interrupt. */
  readonly onInterrupt: () => void;
};

export type RunResult = {
  readonly session: Session;
  /** Exit code of the recorded program as a shell gives it; undefined when none was started or it still runs. */
  readonly exitCode: number | undefined;
  /** Its exit code, once it ends: when the time of the recording was up before. */
  readonly goesOn: Promise<number> | undefined;
  /** Why the file could not be written to the end. */
  readonly failure: unknown;
};

const shellCode = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal]);

/** The exit code once the program has ended. */
const endOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(shellCode(child.exitCode, child.signalCode));
    else child.once('exit', (code, signal) => resolve(shellCode(code, signal)));
  });

const startProgram = async (session: Session, command: readonly string[], mute: boolean): Promise<ChildProcess> => {
  const { libraries } = candidateLibraries(process.env, process.cwd(), [...command]);
  for (const library of libraries) session.processes.attach(library);
  await session.settled;
  session.capture.adopt(true);
  try {
    return await startCommand(command, sudoUser(), mute);
  } finally {
    session.capture.adopt(false);
  }
};

/** An older recording goes back to its place where a new one cannot begin. */
const startOrPutBack = (kept: string | undefined, options: SessionOptions): Session => {
  try {
    return startSession(options);
  } catch (thrown) {
    putBack(options.path, kept);
    throw thrown;
  }
};

/** Records until the program or the time ends, all named processes have ended, or a signal comes. */
export const runRecording = async (options: RunOptions): Promise<RunResult> => {
  const began = performance.now();
  const { selection, path } = options;
  requirePrivileges();
  for (const pid of selection.pids) if (hasEnded(pid)) throw errors.noProcess({ pid });
  if (selection.command.length > 0) requireProgram(selection.command);
  if (options.live !== undefined) await checkLive(options.live);
  const { kept } = prepareOutput(path);
  const chooser = createChooser(selection);
  const session = startOrPutBack(kept, {
    path,
    version: options.version,
    command: selection.command,
    keepArguments: options.keepArguments ?? false,
    keep: options.keep,
    key: options.key,
    trackAll: selection.all,
    hold: selection.command.length > 0,
    sampleHz: options.sampleHz ?? SAMPLE_HZ,
    watchAll: chooser.watchAll,
    trackCuda: chooser.everyCuda,
    wants: chooser.wants,
    onForeignExec: (pid) => {
      if (chooser.wantsProgram(pid)) session.processes.addTree(pid, { named: true });
    },
    ...(options.ringBytes === undefined ? {} : { ringBytes: options.ringBytes }),
  });
  handOver(path);
  const timers: NodeJS.Timeout[] = [];
  const done = Promise.withResolvers<{ exitCode?: number; failure?: unknown; timeIsUp?: true }>();
  let child: ChildProcess | undefined;
  let beside: Beside | undefined;
  let limit: LongTimer | undefined;
  let endOffer = async () => {};
  const stop = async () => {
    await endOffer().catch(() => {});
    await session.stop(beside?.stop());
  };
  let interrupts = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    interrupts++;
    if (interrupts === 1) options.onInterrupt();
    // An interrupt from the keyboard reaches the program as well: its end ends the recording. Other signals we pass on.
    if (interrupts === 1 && child !== undefined && child.exitCode === null) {
      if (signal !== 'SIGINT') child.kill(signal);
      return;
    }
    if (interrupts <= 2) {
      // A program that goes on after the interrupt is not waited for.
      child?.unref();
      done.resolve({});
    }
    // Patience is over: what was committed is readable, and the file says that it was cut.
    else {
      session.capture.holdNoMore();
      session.capture.drain(() => {}, 0);
      process.exit(130);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  void session.failed.then((failure) => done.resolve({ failure }));
  try {
    try {
      if (options.live !== undefined) beside = await startBeside(session, options.live, path);
      if (beside !== undefined) endOffer = (await options.offer?.(beside.desk)) ?? endOffer;
      chooser.addPresent(session.processes);
      if (selection.command.length > 0) {
        child = await startProgram(session, selection.command, options.mute === true);
        void endOf(child).then((exitCode) => done.resolve({ exitCode }));
      }
    } catch (thrown) {
      await stop();
      throw thrown;
    }
    session.capture.stepAside();
    if (options.leastPrivilege === true) void session.dropPrivileges();
    options.onReady(session, { kept, readyMs: performance.now() - began });
    if (options.duration !== undefined)
      limit = startLongTimer(options.duration / 1e6, () => done.resolve({ timeIsUp: true }));
    if (session.capture.missing.length > 0)
      timers.push(setInterval(() => chooser.addMissed(session.processes), RESCAN_MS));
    if (selection.pids.length > 0 && selection.command.length === 0)
      timers.push(setInterval(() => session.processes.tracked().every(hasEnded) && done.resolve({}), WATCH_MS));
    const { exitCode, failure: early, timeIsUp } = await done.promise;
    await stop();
    // What could not be written may have been the last of it.
    const failure = early ?? (await Promise.race([session.failed, Promise.resolve(undefined)]));
    return { session, exitCode, failure, goesOn: timeIsUp && child !== undefined ? endOf(child) : undefined };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    process.off('SIGHUP', onSignal);
    limit?.cancel();
    handOver(path);
  }
};
