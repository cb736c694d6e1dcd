// A running capture: the kernel side loaded, its rings mapped, its probes placed. Hands out raw events; keeps nothing.
import { availableParallelism } from 'node:os';
import { layoutOf } from '../catalogue/derive/layout.ts';
import { kernelStructs } from '../catalogue/kernel-structs.ts';
import { type Abilities, readAbilities } from './abilities.ts';
import { type AttachedLibrary, type Attachment, attachLibrary, attachTracepoints, runIterator } from './attach.ts';
import { type Clock, startClock } from './clock.ts';
import { attachCpuClock } from './cpu-clock.ts';
import { readDropReasons } from './drop-reasons.ts';
import { errors } from './errors.ts';
import {
  forgetThread,
  markAttached,
  type OpenCall,
  readDrops,
  readLosses,
  readLostCalls,
  readOpenCalls,
  type Settings,
  track,
  writeSettings,
  writeTables,
} from './kernel-maps.ts';
import { KEPT_BY_RECORDER, leaveRoot, type Owner, prepareThread, settleThread } from './least-privilege.ts';
import { errno, errnoName, type Libbpf, loadLibbpf, loadSystem, onReadable } from './libbpf.ts';
import { type Kernel, loadKernel } from './load.ts';
import { type MemoryRing, mapMemoryRing } from './memory-ring.ts';
import { type Capability, isCapability, mayTrace } from './privileges.ts';
import { forgetPython, type PythonProcess, tellForked, tellPython } from './python/python-map.ts';
import { type EventHandler, mapRing, type Ring } from './ring.ts';
import { stepAside } from './step-aside.ts';
import type { LibraryFile } from './targets.ts';

const RINGBUF = 27; // BPF_MAP_TYPE_RINGBUF
const CONTROL_BYTES = 1 << 20;
/** CPUs that share a ring: more of them slow each other down at its lock. */
const CPUS_PER_RING_LOG2 = 3;
const MAX_RINGS = 64;
const DETACH_TOGETHER = 64;
/** The flight recorder: on two CPUs that switch 100,000 times a second each, this is more than a second. */
const HISTORY = {
  name: 'history',
  aCpu: 16 << 20,
  most: 128 << 20,
  bytes: layoutOf(kernelStructs.history.fields).size,
};
const REQUESTS = {
  name: 'completed',
  aCpu: 1 << 20,
  most: 8 << 20,
  bytes: layoutOf(kernelStructs.block_request.fields).size,
};
/** All rings together, by default: at the 60 MB/s of 500,000 calls/s this is one second. */
const DEFAULT_RING_BYTES = 64 << 20;

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

/** Largest power of two up to n. */
const powerOfTwo = (n: number) => 2 ** Math.floor(Math.log2(n));

const slotsFor = (cpus: number, { aCpu, most, bytes }: typeof HISTORY): number =>
  powerOfTwo(Math.min(aCpu, most / cpus) / bytes);

const makeRings = (
  kernel: Kernel,
  system: ReturnType<typeof loadSystem>,
  bytes: number,
  shift: number,
): readonly Ring[] => {
  const { bpf } = kernel;
  const count = Math.min(MAX_RINGS, ((bpf.possibleCpus() - 1) >> shift) + 1);
  const size = Math.max(system.pageSize, powerOfTwo(bytes / count));
  return Array.from({ length: count }, (_, i) => {
    const fd = bpf.createMap(RINGBUF, 'whytrace_ring', 0, 0, size, null);
    const key = new Uint8Array(Uint32Array.of(i).buffer);
    if (fd < 0 || bpf.update(kernel.map('rings'), key, new Uint8Array(Int32Array.of(fd).buffer), 0) !== 0)
      throw errors.loadFailed({ object: 'ring', why: errnoName(errno()) });
    const ring = mapRing(system, fd, size);
    if (ring === undefined) throw errors.loadFailed({ object: 'ring', why: 'its memory could not be mapped' });
    return ring;
  });
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
  /** Reads up to `limit` events of each ring. Returns how many were read. */
  readonly drain: (handle: EventHandler, limit: number) => number;
  /** Has process events handed over as soon as they happen, and always before the other events that wait. */
  readonly onProcessEvent: (handle: EventHandler) => void;
  /** Stops holding processes; those that are held already still come as events. */
  readonly holdNoMore: () => void;
  /** Share of the fullest ring that is in use, 0 to 1. */
  readonly fill: () => number;
  readonly losses: () => ReturnType<typeof readLosses>;
  /** Packets that the kernel dropped since the capture began, by its reason. */
  readonly drops: () => ReadonlyMap<string, number>;
  readonly lostCalls: () => ReturnType<typeof readLostCalls>;
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

const shardShiftFor = (cpus: number) =>
  Math.max(CPUS_PER_RING_LOG2, Math.ceil(Math.log2(Math.max(1, cpus / MAX_RINGS))));

/** Throws a UserError when this user may not trace: asked before anything is touched. */
export const requirePrivileges = (): void => {
  if (process.geteuid?.() !== 0 && !mayTrace()) throw errors.noPrivilege({ doing: 'trace programs' });
};

/** Starts capturing. Throws a UserError when this machine or user cannot. */
export const startCapture = (options: CaptureOptions): Capture => {
  requirePrivileges();
  const bpf: Libbpf = loadLibbpf();
  const system = loadSystem();
  const cpus = bpf.possibleCpus();
  const historySlots = slotsFor(cpus, HISTORY);
  const requestSlots = slotsFor(cpus, REQUESTS);
  const abilities = readAbilities();
  const kernel = loadKernel(bpf, {
    abilities,
    sizes: { [HISTORY.name]: cpus * historySlots, [REQUESTS.name]: cpus * requestSlots },
  });
  const shardShift = shardShiftFor(Math.max(cpus, availableParallelism()));
  let holding = options.hold;
  const settings = (adopt: boolean): Settings => ({
    observer: process.pid,
    trackAll: options.trackAll,
    hold: holding,
    watchExec: options.watchAll,
    trackCuda: options.trackCuda,
    adopt,
    stacks: options.sampleHz > 0,
    shardShift,
    historySlots,
    requestSlots,
  });
  const memory = ({ name, bytes }: typeof HISTORY, slots: number): MemoryRing => {
    const ring = mapMemoryRing(system, kernel.map(name), { cpus, slots, bytes });
    if (ring === undefined) throw errors.loadFailed({ object: name, why: 'its memory could not be mapped' });
    return ring;
  };
  const history = memory(HISTORY, historySlots);
  const requests = memory(REQUESTS, requestSlots);
  const rings = makeRings(kernel, system, options.ringBytes ?? DEFAULT_RING_BYTES, shardShift);
  writeTables(kernel);
  const clock = startClock();
  writeSettings(kernel, settings(false));
  const { attachments: tracepoints, missing } = attachTracepoints(kernel);
  const attachments: Attachment[] = [...tracepoints];
  const samples = options.sampleHz > 0 ? attachCpuClock(kernel, system, options.sampleHz) : undefined;
  attachments.push(...(samples?.attachments ?? []));
  const unsampled = samples?.failure;
  const dropReasons = readDropReasons(system);
  const controlFd = kernel.map('control');
  const control = mapRing(system, controlFd, CONTROL_BYTES);
  if (control === undefined) throw errors.loadFailed({ object: 'ring', why: 'its memory could not be mapped' });
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
    adopt: (yes) => writeSettings(kernel, settings(yes)),
    attach: (library) => {
      const attached = attachLibrary(kernel, system, library.openPath, library.kind);
      attachments.push(...attached.attachments);
      markAttached(kernel, library.key);
      return attached;
    },
    drain: (handle, limit) => {
      readControl();
      return rings.reduce((sum, ring) => sum + ring.drain(handle, limit), 0);
    },
    onProcessEvent: (handle) => {
      readControl = () => {
        control.drain(handle, Number.POSITIVE_INFINITY);
      };
      watches.push(onReadable(controlFd, readControl));
    },
    holdNoMore: () => {
      holding = false;
      writeSettings(kernel, settings(false));
    },
    fill: () => Math.max(...rings.map((ring) => ring.waiting() / ring.size)),
    losses: () => {
      const counted = readLosses(kernel);
      if (untold === 0) return counted;
      return new Map([...counted, ['python_table_full', untold + (counted.get('python_table_full') ?? 0)]]);
    },
    drops: () =>
      new Map([...readDrops(kernel)].map(([reason, count]) => [dropReasons.get(reason) ?? `reason ${reason}`, count])),
    lostCalls: () => readLostCalls(kernel),
    openCalls: () => readOpenCalls(kernel),
    forgetThread: (tid) => forgetThread(kernel, tid),
    stepAside: () => stepAside(system),
    dropPrivileges: (files) => {
      const prepared = prepareThread(system);
      const why = prepared ? leaveRoot() : 'capabilities cannot be kept here';
      const left = why === undefined;
      const names = Object.keys(KEPT_BY_RECORDER).filter(isCapability);
      return { kept: settleThread(system, names, { left, ...(files === undefined ? {} : { files }) }), left, why };
    },
    stop: async () => {
      // Together, since each waits for the kernel; in groups, since calls in the background are limited in number.
      for (let i = 0; i < attachments.length; i += DETACH_TOGETHER)
        await Promise.all(attachments.slice(i, i + DETACH_TOGETHER).map(({ detach }) => detach()));
      // Nothing comes after this: a process that was stopped at the last moment is let go now.
      readControl();
      for (const watch of watches) watch.stop();
    },
  };
};
