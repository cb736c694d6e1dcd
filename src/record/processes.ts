// Which processes are recorded, and the libraries they use: tracks them, probes their libraries, lets go of held ones.
import { messageOf, systemCodeOf, UserError } from '../base/errors.ts';
import { cleanText } from '../base/sanitize.ts';
import type { Capture } from '../capture/capture.ts';
import { pricesText, sitesByName } from '../capture/library-probes.ts';
import { childrenOf, hasEnded, processInfo } from '../capture/process-info.ts';
import type { Namer } from '../capture/stacks/namer.ts';
import { type LibraryFile, libraryKind, targetOf } from '../capture/targets.ts';
import { clockOffsets } from '../capture/time-namespace.ts';
import { libraryHolds } from '../catalogue/events.ts';
import type { ProcessRow, RecordingWriter } from '../store/writer.ts';
import type { Lives } from './lives.ts';
import { noteOpenCall } from './open-call.ts';
import type { Pythons } from './pythons.ts';

/** Processes whose names of functions are kept after their end. */
const REMEMBERED_ENDED = 256;
/** Of a thing to tell the user: a path and a sentence. */
const NOTE = 600;
const ITSELF = 'whytrace itself: what it takes from others is reported as observer, never as their cause';
const TICKS_PER_SECOND = 100; // USER_HZ, fixed by the kernel's ABI

type Look = {
  readonly named: boolean;
  readonly since: number;
  /** Whether a CUDA library counts that it has mapped, but not to execute it. */
  readonly anyMapping?: boolean;
  /** When it became the program that it is, in ns; undefined when that was before it was seen. */
  readonly began?: number;
  /** Whether calls of a library were missed; `isNew`: its probes have just been attached. */
  readonly misses: (library: LibraryFile, isNew: boolean) => boolean;
};
/** `key`: as of `LibraryFile`, but on some file systems. */
type MappedFile = { readonly name: string; readonly key: string };
type Held = { readonly from: number; until: number };

export type Processes = {
  /** Records a process from now on, and probes what it uses. False when it is gone. */
  readonly add: (pid: number, options: { readonly named: boolean }) => boolean;
  /** The same for all its descendants. */
  readonly addTree: (pid: number, options: { readonly named: boolean }) => boolean;
  /** A child of a tracked process: the kernel records it already. */
  readonly born: (pid: number, parent: number, time: number, comm: string) => void;
  /** A process has become another program. */
  readonly became: (pid: number, comm: string, time: number) => void;
  /** A process turns up as a cause; told of at the second `settle` from now, unless it turns out to be recorded itself. */
  readonly met: (pid: number, comm: string) => void;
  /** The frames of its Python cannot be read. */
  readonly noteUnreadable: (pid: number, why: string) => void;
  /** After each drain. */
  readonly settle: () => void;
  readonly ended: (pid: number, time: number, code: number) => void;
  /** A thread has ended. */
  readonly endedThread: (tid: number, time: number) => void;
  /** A process begins to use something that it has mapped; `hold`, of `libraryHolds`: whether it is stopped and waits for us. */
  readonly mapped: (pid: number, time: number, hold: number, file: MappedFile) => void;
  readonly attach: (library: LibraryFile) => void;
  readonly wasHeld: (pid: number, time: number) => boolean;
  readonly isTracked: (pid: number) => boolean;
  readonly tracked: () => readonly number[];
  /** Things to tell the user. */
  readonly notes: readonly string[];
  readonly libraries: () => number;
};

/** When a process began, in ns of the recording: negative for one that was there before. */
const startOf = (startTicks: number, capture: Capture): number => {
  // /proc shows the time since the boot as this process sees it.
  const { monotonic, boottime } = clockOffsets();
  const sinceBoot = process.hrtime.bigint() - monotonic + boottime;
  return Math.round((startTicks / TICKS_PER_SECOND) * 1e9 - Number(sinceBoot) + capture.clock.now());
};

type Parts = {
  readonly capture: Capture;
  readonly writer: RecordingWriter;
  readonly namer: Namer;
  readonly lives: Lives;
  readonly pythons: Pythons;
  /** Whether a process that is not tracked, and has just mapped a CUDA library, shall be recorded. */
  readonly wants: (pid: number) => boolean;
  /** Whether arguments are kept as they are, with the secrets that may be in them. */
  readonly keepArguments: boolean;
};

export const createProcesses = (parts: Parts): Processes => {
  const { capture, writer, namer, lives, pythons, wants, keepArguments } = parts;
  const tracked = new Set<number>();
  const attached = new Set<string>();
  const held = new Map<number, Held[]>();
  const ended: number[] = [];
  /** Processes of which it was said that calls were missed. */
  const late = new Set<number>();
  /** Those of which it was said that their libraries cannot be looked at. */
  const unseen = new Set<number>();
  const notes: string[] = [];
  let justMet = new Map<number, ProcessRow>();
  let metBefore = new Map<number, ProcessRow>();

  /** Cleaned: paths of libraries are in it. */
  const note = (text: string) => {
    const clean = cleanText(text, NOTE);
    if (!notes.includes(clean)) notes.push(clean);
    return clean;
  };
  const staticNote = (path: string, symbols: boolean) =>
    note(
      `the CUDA runtime is linked statically into ${path}: ${
        symbols ? 'its functions are probed in the program itself' : 'it is stripped: only calls of libcuda can be seen'
      }`,
    );

  const attach = (library: LibraryFile) => {
    if (attached.has(library.key)) return;
    attached.add(library.key);
    if (library.kind === 'static') staticNote(library.displayPath, true);
    try {
      const { probes, missing, failures } = capture.attach(library);
      const time = capture.clock.now();
      writer.library({
        path: library.displayPath,
        kind: library.kind,
        attached_ns: time,
        probes: probes.length,
        missing,
        single_step: probes.filter(({ price }) => price === 'single_step').length,
        sites: JSON.stringify(sitesByName(probes)),
      });
      if (failures.length > 0) {
        writer.loss('probe_failed', time, time, failures.length, failures.slice(0, 5).join('; '));
        note(`${failures.length} probes of ${library.displayPath} could not be attached: ${failures[0]}`);
      }
      note(`${library.displayPath} is probed: ${pricesText(probes)}`);
    } catch (thrown) {
      const time = capture.clock.now();
      writer.loss('probe_failed', time, time, 1, `${library.displayPath}: ${messageOf(thrown)}`);
      note(`${library.displayPath} could not be probed: ${messageOf(thrown)}`);
    }
  };

  /** Calls of a process are not seen, once for each. */
  const noteUnseen = (pid: number, why: string) => {
    if (unseen.has(pid)) return;
    unseen.add(pid);
    const time = capture.clock.now();
    writer.loss('probe_failed', time, time, 1, cleanText(`pid ${pid}: ${why}`, NOTE));
  };

  /** Runs a look at a process that may be gone or closed to us by now: that is no failure of the recording. */
  const quietly = (pid: number, lookAt: () => void) => {
    try {
      lookAt();
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      if (!hasEnded(pid)) noteUnseen(pid, messageOf(thrown));
    }
  };

  /** Calls since a time were not seen. */
  const noteLate = (pid: number, since: number, how: string) => {
    if (late.has(pid)) return;
    late.add(pid);
    const time = capture.clock.now();
    writer.loss('late_attach', Math.min(since, time), time, 1, `pid ${pid} used its CUDA library ${how}`);
  };

  /** Probes what a process has mapped, and says so when calls of it were missed since a time in ns. */
  const look = (pid: number, { named, since, anyMapping = false, began, misses }: Look) => {
    namer.remember(pid, began);
    if (began === undefined) pythons.look(pid);
    else pythons.became(pid);
    const target = targetOf(pid, { searchSymbols: named, anyMapping });
    if (target === undefined) return false;
    const found = target.libraries.filter(({ key }) => !attached.has(key));
    if (target.unreachable.length > 0 && !hasEnded(pid))
      noteUnseen(pid, `${target.unreachable.join()} cannot be opened`);
    for (const library of found) attach(library);
    if (target.staticRuntime !== undefined && target.libraries.every(({ kind }) => kind !== 'cudart')) {
      const { exePath, symbols } = target.staticRuntime;
      writer.updateProcess(pid, { note: staticNote(exePath, symbols) });
    }
    if (target.libraries.some((library) => misses(library, found.includes(library)))) noteLate(pid, since, 'before');
    return true;
  };

  const describe = (pid: number) => {
    const info = processInfo(pid, { keepArguments });
    if (info === undefined) return undefined;
    return {
      comm: info.comm,
      exe: info.exe ?? null,
      args: info.args,
      parent_pid: info.parentPid,
      uid: info.uid,
      cgroup: info.cgroup,
      container: info.container ?? null,
      start_ns: startOf(info.startTicks, capture),
    };
  };
  /** For a process that has run for a while. */
  const present: Look = { named: false, since: 0, misses: () => true };
  const nobody = {
    comm: null,
    exe: null,
    args: null,
    parent_pid: null,
    uid: null,
    cgroup: null,
    container: null,
    start_ns: null,
  };

  const add = (pid: number, how: Look): boolean => {
    const facts = describe(pid);
    if (facts === undefined) return false;
    if (!tracked.has(pid)) {
      tracked.add(pid);
      capture.track(pid);
      writer.process({ pid, end_ns: null, tracked: 1, exit_code: null, note: null, ...facts });
      lives.present(pid, capture.clock.now());
    }
    look(pid, how);
    return true;
  };

  return {
    add: (pid, { named }) => add(pid, { ...present, named }),
    addTree: (pid, { named }) => {
      const found = add(pid, { ...present, named });
      for (const child of found ? childrenOf(pid) : []) add(child, present);
      return found;
    },
    born: (pid, parent, time, comm) => {
      tracked.add(pid);
      pythons.born(pid, parent);
      namer.born(pid, parent);
      writer.process({
        pid,
        end_ns: null,
        tracked: 1,
        exit_code: null,
        note: null,
        ...nobody,
        ...describe(pid),
        comm,
        parent_pid: parent,
        start_ns: time,
      });
    },
    became: (pid, comm, time) => {
      if (!tracked.has(pid)) return;
      const facts = describe(pid);
      if (facts === undefined) return writer.updateProcess(pid, { comm });
      // The user too: the program may have been executed to change it.
      const { exe, args, uid, cgroup, container } = facts;
      writer.updateProcess(pid, { comm, exe, args, uid, cgroup, container });
      // A runtime in the program itself is used at once: nothing stops the process before.
      const misses = ({ kind }: LibraryFile, isNew: boolean) => isNew && (kind === 'static' || !capture.holds);
      quietly(pid, () => look(pid, { named: true, since: capture.clock.now(), began: time, misses }));
    },
    met: (pid, comm) => {
      if (pid === 0 || tracked.has(pid) || writer.hasProcess(pid)) return;
      const facts = { ...nobody, comm, ...describe(pid) };
      const note = pid === process.pid ? ITSELF : null;
      justMet.set(pid, { pid, end_ns: null, tracked: 0, exit_code: null, note, ...facts });
    },
    noteUnreadable: (pid, why) => {
      writer.updateProcess(pid, {
        note: note(`a Python cannot be read (${why}): its stacks show native code only`),
      });
    },
    settle: () => {
      for (const [pid, row] of metBefore) if (!writer.hasProcess(pid)) writer.process(row);
      metBefore = justMet;
      justMet = new Map();
    },
    ended: (pid, time, code) => {
      tracked.delete(pid);
      pythons.ended(pid);
      late.delete(pid);
      unseen.delete(pid);
      writer.updateProcess(pid, { end_ns: time, exit_code: code });
      // Its last stacks may still wait to be named: forgotten once many others have ended after it.
      ended.push(pid);
      const gone = ended.length > REMEMBERED_ENDED ? ended.shift() : undefined;
      if (gone !== undefined && !tracked.has(gone)) {
        namer.forget(gone);
        held.delete(gone);
      }
    },
    endedThread: (tid, time) => {
      const call = capture.forgetThread(tid);
      if (call !== undefined) noteOpenCall(writer, capture.clock, call, time, 'its thread');
    },
    mapped: (pid, time, hold, { name, key }) => {
      try {
        const isKnown = tracked.has(pid) || capture.tracksCuda;
        // This may be told after it was stopped for a library that it mapped next: so not whether it is held.
        const isHeld = capture.holds && hold !== libraryHolds.failed;
        const misses = (_: LibraryFile, isNew: boolean) => !isHeld && (isNew || !isKnown);
        // It may be about to execute what it has only mapped to read until now.
        const how = { named: false, since: time, anyMapping: true, misses };
        let isThere = true;
        const lookAt = () => {
          isThere = tracked.has(pid) ? look(pid, how) : add(pid, how);
        };
        if (tracked.has(pid) || wants(pid)) quietly(pid, lookAt);
        if (!isThere && libraryKind(name) !== undefined && !attached.has(key))
          noteLate(pid, time, 'and has ended, or mapped it no more');
      } finally {
        if (hold === libraryHolds.yes) {
          resume(pid);
          const intervals = held.get(pid) ?? [];
          intervals.push({ from: time, until: capture.clock.now() });
          held.set(pid, intervals);
        }
      }
    },
    attach,
    // A stop begins when the process returns to user space, shortly after the event that asked for it.
    wasHeld: (pid, time) => (held.get(pid) ?? []).some(({ from, until }) => time >= from && time <= until),
    isTracked: (pid) => tracked.has(pid),
    tracked: () => [...tracked],
    notes,
    libraries: () => attached.size,
  };
};

/** Lets a process go on that the kernel side has stopped. It may be gone by now. */
export const resume = (pid: number): void => {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'ESRCH') throw thrown;
  }
};
