// Reads and writes the kernel side's maps as TypeScript values. Layouts come from the catalogue.
import { calls } from '../catalogue/calls.ts';
import { encodePlan, planOf } from '../catalogue/derive/call-plan.ts';
import { layoutOf } from '../catalogue/derive/layout.ts';
import { DROP_REASONS } from '../catalogue/events.ts';
import { kernelStructs, LOST_EXPONENTS, type LostCalls } from '../catalogue/kernel-structs.ts';
import { LOSS_COUNTERS, type LossName, type LossSpec, losses } from '../catalogue/losses.ts';
import type { keptAt } from '../catalogue/shedding.ts';
import { descriptorSyscalls, syscallNames } from '../catalogue/syscalls.ts';
import type { Kernel } from './load.ts';

const config = layoutOf(kernelStructs.config.fields);
const fileKey = layoutOf(kernelStructs.file_key.fields);
const lostTotal = layoutOf(kernelStructs.lost_total.fields);

const u32 = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
const ANY = 0;

export type Settings = {
  readonly observer: number;
  readonly trackAll: boolean;
  readonly hold: boolean;
  readonly watchExec: boolean;
  readonly trackCuda: boolean;
  readonly adopt: boolean;
  readonly stacks: boolean;
  readonly shardShift: number;
  readonly historySlots: number;
  readonly requestSlots: number;
  /** Bytes waiting in a ring from which on it takes only what may not be lost. */
  readonly fullBytes: number;
  /** Of what one in so many is kept. */
  readonly keep: ReturnType<typeof keptAt>;
  /** Whether calls that return from now on are counted no more. */
  readonly ended: boolean;
};

export const writeSettings = ({ bpf, map }: Kernel, settings: Settings): void => {
  const bytes = Buffer.alloc(config.size);
  bytes.writeUInt32LE(settings.observer, config.at('observer').offset);
  bytes.writeUInt32LE(settings.trackAll ? 1 : 0, config.at('track_all').offset);
  bytes.writeUInt32LE(settings.hold ? 1 : 0, config.at('hold').offset);
  bytes.writeUInt32LE(settings.watchExec ? 1 : 0, config.at('watch_exec').offset);
  bytes.writeUInt32LE(settings.trackCuda ? 1 : 0, config.at('track_cuda').offset);
  bytes.writeUInt32LE(settings.adopt ? 1 : 0, config.at('adopt').offset);
  bytes.writeUInt32LE(settings.stacks ? 1 : 0, config.at('stacks').offset);
  bytes.writeUInt32LE(settings.shardShift, config.at('shard_shift').offset);
  bytes.writeUInt32LE(settings.historySlots, config.at('history_slots').offset);
  bytes.writeUInt32LE(settings.requestSlots, config.at('request_slots').offset);
  bytes.writeUInt32LE(settings.fullBytes, config.at('full_bytes').offset);
  bytes.writeUInt32LE(settings.keep.sample - 1, config.at('keep_sample').offset);
  bytes.writeUInt32LE(settings.keep.stack - 1, config.at('keep_stack').offset);
  bytes.writeUInt32LE(settings.keep.call - 1, config.at('keep_call').offset);
  bytes.writeUInt32LE(settings.keep.wait - 1, config.at('keep_wait').offset);
  bytes.writeUInt32LE(settings.ended ? 1 : 0, config.at('ended').offset);
  bpf.update(map('config'), u32(0), bytes, ANY);
  tracksAnew({ bpf, map });
};

/** What tasks remember of whether they are tracked is looked up again. By two: the kernel side may add one meanwhile. */
const tracksAnew = ({ bpf, map }: Pick<Kernel, 'bpf' | 'map'>): void => {
  const epoch = new Uint32Array(1);
  const bytes = new Uint8Array(epoch.buffer);
  bpf.lookup(map('tracking'), u32(0), bytes);
  bpf.update(map('tracking'), u32(0), u32(((epoch[0] ?? 0) + 2) & 0x7fff_ffff), ANY);
};

/** Gives the kernel the plan of every call, and the system calls that wait on a file descriptor. */
export const writeTables = ({ bpf, map }: Kernel): void => {
  for (const call of calls) bpf.update(map('plans'), u32(call.id), encodePlan(planOf(call)), ANY);
  for (const [number, name] of syscallNames(process.arch).entries())
    if (name !== undefined && descriptorSyscalls.has(name))
      bpf.update(map('descriptor_calls'), u32(number), Uint8Array.of(1), ANY);
};

/** Tracks a process from now on; false when the kernel's table is full. */
export const track = ({ bpf, map }: Kernel, pid: number): boolean => {
  const done = bpf.update(map('tracked'), u32(pid), u32(1), ANY) === 0;
  tracksAnew({ bpf, map });
  return done;
};

/** Tells the kernel that the probes of a file are in place. `key` is "major:minor:inode". */
export const markAttached = ({ bpf, map }: Kernel, key: string): void => {
  const [major = 0, minor = 0] = key.split(':').map(Number);
  const bytes = Buffer.alloc(fileKey.size);
  bytes.writeBigUInt64LE(BigInt(key.slice(key.lastIndexOf(':') + 1)), fileKey.at('inode').offset);
  bytes.writeUInt32LE(major * 0x10_0000 + minor, fileKey.at('device').offset);
  bpf.update(map('attached'), bytes, u32(1), ANY);
};

const counterNames: readonly (LossName | undefined)[] = (() => {
  const names = new Array<LossName | undefined>(LOSS_COUNTERS).fill(undefined);
  const isLossName = (name: string): name is LossName => name in losses;
  for (const name of Object.keys(losses).filter(isLossName)) {
    const { counter }: LossSpec = losses[name];
    if (counter !== undefined) names[counter] = name;
  }
  return names;
})();

const sumOverCpus = ({ bpf, map }: Kernel, name: string, key: number, values: Buffer): number => {
  if (bpf.lookup(map(name), u32(key), values) !== 0) return 0;
  let sum = 0;
  for (let at = 0; at < values.length; at += 8) sum += Number(values.readBigUInt64LE(at));
  return sum;
};

/** The kernel's loss counters, summed over CPUs, since it was loaded. */
export const readLosses = (kernel: Kernel): ReadonlyMap<LossName, number> => {
  const values = Buffer.alloc(kernel.bpf.possibleCpus() * 8);
  const found = new Map<LossName, number>();
  for (const [counter, name] of counterNames.entries()) {
    const sum = name === undefined ? 0 : sumOverCpus(kernel, 'losses', counter, values);
    if (name !== undefined && sum > 0) found.set(name, sum);
  }
  return found;
};

/** Where the kernel side keeps a `struct left_out` (bpf/shed.h) for each CPU: in `struct typical` of bpf/call-stack.h, or by itself. */
const leftOut = {
  call: { map: 'typical_calls', keys: calls.map(({ id }) => id), bytes: 184, owedAt: 16 },
  wait: { map: 'short_waits', keys: [0], bytes: 8, owedAt: 0 },
} as const;

/** How many were left out last, too few for one that was kept to stand for them. */
export const readOwed = ({ bpf, map }: Kernel): Readonly<Record<'call' | 'wait', number>> => {
  const owed = (of: keyof typeof leftOut): number => {
    const { keys, bytes, owedAt } = leftOut[of];
    const values = Buffer.alloc(bpf.possibleCpus() * bytes);
    let sum = 0;
    for (const key of keys) {
      if (bpf.lookup(map(leftOut[of].map), u32(key), values) !== 0) continue;
      for (let at = owedAt; at < values.length; at += bytes) sum += values.readUInt32LE(at);
    }
    return sum;
  };
  return { call: owed('call'), wait: owed('wait') };
};

/** Packets dropped since the programs were loaded, by the number of the reason. */
export const readDrops = (kernel: Kernel): ReadonlyMap<number, number> => {
  const values = Buffer.alloc(kernel.bpf.possibleCpus() * 8);
  const found = new Map<number, number>();
  for (let reason = 0; reason < DROP_REASONS; reason++) {
    const count = sumOverCpus(kernel, 'drops', reason, values);
    if (count > 0) found.set(reason, count);
  }
  return found;
};

const keysOf = ({ bpf, map }: Kernel, name: string, size: number): readonly Uint8Array[] => {
  const keys: Uint8Array[] = [];
  let previous: Uint8Array | null = null;
  for (;;) {
    const next = new Uint8Array(size);
    if (bpf.nextKey(map(name), previous, next) !== 0) return keys;
    keys.push(next);
    previous = next;
  }
};

const numberAt = (bytes: Buffer, offset: number) => Number(bytes.readBigUInt64LE(offset));

/** Totals of the calls whose events found no room, since the programs were loaded. */
export const readLostCalls = (kernel: Kernel): readonly LostCalls[] =>
  keysOf(kernel, 'lost_calls', 8).flatMap((key) => {
    const value = Buffer.alloc(lostTotal.size);
    if (kernel.bpf.lookup(kernel.map('lost_calls'), key, value) !== 0) return [];
    const keyView = Buffer.from(key);
    const log2 = Array.from({ length: LOST_EXPONENTS }, (_, i) => numberAt(value, lostTotal.at('log2').offset + i * 8));
    return [
      {
        pid: keyView.readUInt32LE(0),
        op: keyView.readUInt32LE(4),
        count: numberAt(value, lostTotal.at('count').offset),
        sum: numberAt(value, lostTotal.at('sum').offset),
        max: numberAt(value, lostTotal.at('max').offset),
        failed: numberAt(value, lostTotal.at('failed').offset),
        log2,
      },
    ];
  });

/** Gives the room of a process that has ended back: what was counted of it is read no more. `op`: id of the call. */
export const forgetLostCalls = ({ bpf, map }: Kernel, pid: number, op: number): void => {
  bpf.remove(map('lost_calls'), u32(pid, op));
};

export type OpenCall = { readonly pid: number; readonly tid: number; readonly op: number; readonly start: bigint };

// struct thread_calls of bpf/frames.h, and where those of a thread are.
const TID_AT = 0;
const PID_AT = 4;
const DEPTH_AT = 8;
const FRAMES_AT = 144;
const FRAME_BYTES = 80;
const FRAME_OP_AT = 72;
const THREAD_CALLS_BYTES = FRAMES_AT + 8 * FRAME_BYTES;
const THREAD_PLACES = 16_384;
const PLACES_TRIED = 8;
const PLACE_STEP = 2053;
const FREE_PLACE = new Uint8Array(THREAD_CALLS_BYTES);

const openCallIn = (place: Buffer): OpenCall | undefined => {
  const tid = place.readUInt32LE(TID_AT);
  if (tid === 0 || place.readUInt32LE(DEPTH_AT) === 0) return undefined;
  return {
    pid: place.readUInt32LE(PID_AT),
    tid,
    op: place.readUInt32LE(FRAMES_AT + FRAME_OP_AT),
    start: place.readBigUInt64LE(FRAMES_AT),
  };
};

/** Outermost calls that have not returned, with their start on CLOCK_MONOTONIC. */
export const readOpenCalls = ({ bpf, map }: Kernel): readonly OpenCall[] => {
  const fd = map('thread_calls');
  const place = Buffer.alloc(THREAD_CALLS_BYTES);
  const found: OpenCall[] = [];
  for (let number = 0; number < THREAD_PLACES; number++) {
    const open = bpf.lookup(fd, u32(number), place) === 0 ? openCallIn(place) : undefined;
    if (open !== undefined) found.push(open);
  }
  return found;
};

/** Forgets the calls of a thread that ended; returns the outermost one in which it did. */
export const forgetThread = ({ bpf, map }: Kernel, tid: number): OpenCall | undefined => {
  const fd = map('thread_calls');
  const place = Buffer.alloc(THREAD_CALLS_BYTES);
  let open: OpenCall | undefined;
  for (let attempt = 0; attempt < PLACES_TRIED; attempt++) {
    const number = u32((tid + attempt * PLACE_STEP) % THREAD_PLACES);
    if (bpf.lookup(fd, number, place) !== 0 || place.readUInt32LE(TID_AT) !== tid) continue;
    open ??= openCallIn(place);
    bpf.update(fd, number, FREE_PLACE, ANY);
  }
  return open;
};
