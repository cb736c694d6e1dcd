// A running capture: the kernel side loaded, its rings mapped, its probes placed. Hands out raw events; keeps nothing.
import { FULL_QUARTERS, keptAt } from '../catalogue/shedding.ts';
import { type Abilities, readAbilities } from './abilities.ts';
import { type AttachedLibrary, type Attachment, attachLibrary, attachTracepoints, runIterator } from './attach.ts';
import { type Clock, startClock } from './clock.ts';
import { attachCpuClock } from './cpu-clock.ts';
import { drainInTurn } from './drain-rings.ts';
import { readDropReasons } from './drop-reasons.ts';
import { errors } from './errors.ts';
import { giveMemoryBack } from './give-memory-back.ts';
import {
  forgetLostCalls,
  forgetThread,
  markAttached,
  type OpenCall,
  readDrops,
  readLosses,
  readLostCalls,
  readOpenCalls,
  readOwed,
  type Settings,
  track,
  writeSettings,
  writeTables,
} from './kernel-maps.ts';
import { requireKernel } from './kernel-version.ts';
import { keptByRecorder, leaveRoot, type Owner, prepareThread, settleThread } from './least-privilege.ts';
import { type Libbpf, loadLibbpf, loadSystem, onReadable } from './libbpf.ts';
import { loadKernel } from './load.ts';
import { type MappedRing, type MemoryRing, mapMemoryRing } from './memory-ring.ts';
import { type Capability, mayTrace } from './privileges.ts';
import { forgetPython, type PythonProcess, tellForked, tellPython } from './python/python-map.ts';
import { type EventHandler, mapRing } from './ring.ts';
import { makeRings } from './rings.ts';
import { HISTORY, REQUESTS, type RecordMemory, sizesFor } from './sizes.ts';
import { stepAside } from './step-aside.ts';
import type { LibraryFile } from './targets.ts';

const CONTROL_BYTES = 1 << 20;
const DETACH_TOGETHER = 64;

export type CaptureOptions = {
  readonly trackAll: boolean;
  /** Stop a tracked process that maps a CUDA library until its probes are in place. */
  readonly hold: boolean;
  /** Hear of programs and CUDA libraries of other processes too. */
  readonly watchAll: boolean;
  /** Record every process from the moment it maps a CUDA library. */
  readonly trackCuda: boolean;
  readonly ringBytes?: number;
  /** How often a second what runs is sampled; 0: no stacks are taken at all. */
  readonly sampleHz: number;
};

export type Capture = {
  readonly clock: Clock;
  /** Whether processes are tracked by the kernel side from the moment they map a CUDA library. */
  readonly tracksCuda: boolean;
  /** Whether tracked processes that map a CUDA library are stopped until its probes are in place. */
  readonly holds: boolean;
  /** Kernel features that are missing: tracepoints that could not be attached. */
  readonly missing: readonly string[];
  /** Why what runs is not sampled on all CPUs, if it is not. */
  readonly unsampled: string | undefined;
  /** What this kernel can tell. */
  readonly abilities: Abilities;
  /** The last switches of all tasks. */
  readonly history: MemoryRing;
  /** The last block requests that completed. */
  readonly requests: MemoryRing;
  /** Has the intervals sent that tracked threads are in now, as events with the flag `open`. */
  readonly sendOpen: () => void;
  /** Has the frames of a process's Python taken with its stacks, from now on; false, and a loss, when the table is full. */
  readonly tellPython: (pid: number, process: PythonProcess) => boolean;
  /** The same for a child of such a process, unless that was done when it was forked. */
  readonly tellForked: (pid: number, process: PythonProcess) => boolean;
  /** No more. */
  readonly forgetPython: (pid: number) => void;
  /** Starts recording a process; false when the kernel's table is full. */
  readonly track: (pid: number) => boolean;
  /** From now on, processes that this program starts are recorded (or not). */
  readonly adopt: (yes: boolean) => void;
  readonly attach: (library: LibraryFile) => AttachedLibrary;
  /** Reads up to `limit` events, of all rings together. Returns how many were read. */
  readonly drain: (handle: EventHandler, limit: number) => number;
  /** Has process events handed over as soon as they happen, and always before the other events that wait. */
  readonly onProcessEvent: (handle: EventHandler) => void;
  /** Stops holding processes; those that are held already still come as events. */
  readonly holdNoMore: () => void;
  /** Share of the fullest ring that is in use, 0 to 1. */
  readonly fill: () => number;
  /** Gives back memory that was not looked at since the last time. Not while something that was found there is being read. */
  readonly rest: () => void;
  /** How much is left out from now on: a level of `src/catalogue/shedding.ts`. */
  readonly shed: (level: number) => void;
  /** There is time, some 20 ms, to give back what else is not needed. */
  readonly tidy: () => void;
  /** From now on no call is counted, in whatever way: what was sent and what was counted until then are of the same calls. */
  readonly endCalls: () => void;
  /** Calls and waits that were left out last, too few for one that was kept to stand for them; the losses do not have them. */
  readonly owed: () => ReturnType<typeof readOwed>;
  readonly losses: () => ReturnType<typeof readLosses>;
  /** Packets that the kernel dropped since the capture began, by its reason. */
  readonly drops: () => ReadonlyMap<string, number>;
  readonly lostCalls: () => ReturnType<typeof readLostCalls>;
  /** Of a process that has ended, once its last were read. */
  readonly forgetLostCalls: (pid: number, op: number) => void;
  readonly openCalls: () => readonly OpenCall[];
  /** For a thread that ended: returns the call that it was in. */
  readonly forgetThread: (tid: number) => OpenCall | undefined;
  /** Lets others go first on the CPUs from now on. Programs started later would do so, too. */
  readonly stepAside: () => void;
  /**
   * Has all threads leave root, and this one keep what a recording needs once its programs are started. `files`: as whom it
   * writes from now on. Programs that are started later have no privileges. Returns what it kept, and why it is more than
   * that where it is.
   */
  readonly dropPrivileges: (files: Owner | undefined) => Dropped;
  /** Ends event delivery at once and detaches all probes, all at the same time. */
  readonly stop: () => Promise<void>;
};

/** `left`: all threads have left root, and only this one came back; `why` they could not. */
export type Dropped = {
  readonly kept: readonly Capability[];
  readonly left: boolean;
  readonly why: string | undefined;
};

/** Throws a UserError when this kernel is too old, or this user may not trace: asked before anything is touched. */
export const requirePrivileges = (): void => {
  requireKernel();
  if (process.geteuid?.() !== 0 && !mayTrace()) throw errors.noPrivilege({ doing: 'trace programs' });
};

/** Starts capturing. Throws a UserError when this machine or user cannot. */
export const startCapture = (options: CaptureOptions): Capture => {
  requirePrivileges();
  const bpf: Libbpf = loadLibbpf();
  const system = loadSystem();
  const cpus = bpf.possibleCpus();
  const sizes = sizesFor(cpus, system.pageSize, options.ringBytes);
  const abilities = readAbilities();
  const kernel = loadKernel(bpf, {
    abilities,
    sizes: { [HISTORY.name]: cpus * sizes.historySlots, [REQUESTS.name]: cpus * sizes.requestSlots },
  });
  let holding = options.hold;
  let adopting = false;
  let level = 0;
  let ended = false;
  let fullBytes = 0;
  const settings = (): Settings => ({
    observer: process.pid,
    trackAll: options.trackAll,
    hold: holding,
    watchExec: options.watchAll,
    trackCuda: options.trackCuda,
    adopt: adopting,
    stacks: options.sampleHz > 0,
    shardShift: sizes.shardShift,
    historySlots: sizes.historySlots,
    requestSlots: sizes.requestSlots,
    fullBytes,
    keep: keptAt(level),
    ended,
  });
  const mappings: { readonly close: () => void }[] = [];
  const memory = ({ name, record }: RecordMemory, slots: number): MappedRing => {
    const ring = mapMemoryRing(system, kernel.map(name), { cpus, slots, bytes: record });
    if (ring === undefined) throw errors.loadFailed({ object: name, why: 'its memory could not be mapped' });
    mappings.push(ring);
    return ring;
  };
  const history = memory(HISTORY, sizes.historySlots);
  const requests = memory(REQUESTS, sizes.requestSlots);
  const rings = makeRings(kernel, system, sizes);
  mappings.push(...rings);
  const drain = drainInTurn(rings);
  fullBytes = Math.floor(((rings[0]?.size ?? 0) * FULL_QUARTERS) / 4);
  writeTables(kernel);
  const clock = startClock();
  writeSettings(kernel, settings());
  const { attachments: tracepoints, missing } = attachTracepoints(kernel);
  const attachments: Attachment[] = [...tracepoints];
  const samples = options.sampleHz > 0 ? attachCpuClock(kernel, system, options.sampleHz) : undefined;
  attachments.push(...(samples?.attachments ?? []));
  const unsampled = samples?.failure;
  const dropReasons = readDropReasons(system);
  const controlFd = kernel.map('control');
  const control = mapRing(system, controlFd, CONTROL_BYTES);
  if (control === undefined) throw errors.loadFailed({ object: 'ring', why: 'its memory could not be mapped' });
  mappings.push(control);
  const watches: { stop: () => void }[] = [];
  let readControl = () => {};
  /** Pythons for which the kernel's table had no room. */
  let untold = 0;
  return {
    clock,
    tracksCuda: options.trackCuda || options.trackAll,
    holds: options.hold,
    missing,
    unsampled,
    abilities,
    history,
    requests,
    sendOpen: () => {
      runIterator(kernel, 'send_open');
    },
    tellPython: (pid, process) => {
      const told = tellPython(kernel, pid, process);
      if (!told) untold++;
      return told;
    },
    tellForked: (pid, process) => tellForked(kernel, pid, process),
    forgetPython: (pid) => forgetPython(kernel, pid),
    track: (pid) => track(kernel, pid),
    adopt: (yes) => {
      adopting = yes;
      writeSettings(kernel, settings());
    },
    attach: (library) => {
      const attached = attachLibrary(kernel, system, library.openPath, library.kind);
      attachments.push(...attached.attachments);
      markAttached(kernel, library.key);
      return attached;
    },
    drain: (handle, limit) => {
      readControl();
      return drain(handle, limit);
    },
    onProcessEvent: (handle) => {
      readControl = () => {
        control.drain(handle, Number.POSITIVE_INFINITY);
      };
      watches.push(onReadable(controlFd, readControl));
    },
    holdNoMore: () => {
      holding = false;
      writeSettings(kernel, settings());
    },
    fill: () => Math.max(...rings.map((ring) => ring.waiting() / ring.size)),
    rest: () => {
      history.rest();
      requests.rest();
    },
    shed: (wanted) => {
      level = wanted;
      writeSettings(kernel, settings());
    },
    tidy: () => giveMemoryBack(system),
    endCalls: () => {
      ended = true;
      writeSettings(kernel, settings());
    },
    owed: () => readOwed(kernel),
    losses: () => {
      const counted = readLosses(kernel);
      if (untold === 0) return counted;
      return new Map([...counted, ['python_table_full', untold + (counted.get('python_table_full') ?? 0)]]);
    },
    drops: () =>
      new Map([...readDrops(kernel)].map(([reason, count]) => [dropReasons.get(reason) ?? `reason ${reason}`, count])),
    lostCalls: () => readLostCalls(kernel),
    forgetLostCalls: (pid, op) => forgetLostCalls(kernel, pid, op),
    openCalls: () => readOpenCalls(kernel),
    forgetThread: (tid) => forgetThread(kernel, tid),
    stepAside: () => stepAside(system),
    dropPrivileges: (files) => {
      const prepared = prepareThread(system);
      const why = prepared ? leaveRoot() : 'capabilities cannot be kept here';
      const left = why === undefined;
      const names = keptByRecorder(kernel.uprobes === 'single');
      return { kept: settleThread(system, names, { left, ...(files === undefined ? {} : { files }) }), left, why };
    },
    stop: async () => {
      // Together, since each waits for the kernel; in groups, since calls in the background are limited in number.
      for (let i = 0; i < attachments.length; i += DETACH_TOGETHER)
        await Promise.all(attachments.slice(i, i + DETACH_TOGETHER).map(({ detach }) => detach()));
      // Nothing comes after this: a process that was stopped at the last moment is let go now.
      readControl();
      for (const watch of watches) watch.stop();
      // A recording may be one of many in a process: nothing of it stays.
      readControl = () => {};
      for (const mapping of mappings) mapping.close();
      kernel.close();
    },
  };
};
