// What the kernel side of the security watch tells: programs that begin, and what is done to guarded files. Layouts are those of
// bpf/look.h.
import { randomInt } from 'node:crypto';
import { closeSync } from 'node:fs';
import { readAbilities } from '../abilities.ts';
import { type Clock, sinceStart } from '../clock.ts';
import { type BpfLink, errno, errnoName, loadLibbpf, loadSystem, onReadable } from '../libbpf.ts';
import { type Kernel, loadKernel } from '../load.ts';
import { mapRing } from '../ring.ts';
import { tracefsFolder } from '../tracefs.ts';
import { textOf } from './decode.ts';
import { errors } from './errors.ts';
import { HELD_IN_C, type Limited, readHeld } from './fair-limit.ts';
import { createGuard, type FileLook, type Guarded } from './guard.ts';
import { openInventory } from './inventory.ts';
import { tracepointAttributes } from './tracepoint-attributes.ts';

const RING_BYTES = 4 << 20;
const KIND = { exec: 1, file: 2 } as const;
const COMM_BYTES = 16;
const NAME_BYTES = 128;
const ARGUMENT_BYTES = 512;
const ENVIRONMENT_BYTES = 4096;
/** elf.h */
const ELFCLASS32 = 1;
const STREAMS = 3;
const STREAM_BYTES = 12;
const ANCESTORS = 6;
const ANCESTOR_BYTES = 24;
const EXEC = {
  ancestors: 40,
  euid: 184,
  links: 188,
  mode: 192,
  magic: 208,
  streams: 216,
  environmentBytes: 252,
  argumentBytes: 256,
  isInShared: 260,
  elfClass: 264,
  file: 268,
} as const;
const ASKED = EXEC.file + NAME_BYTES;
const ARGUMENTS = ASKED + NAME_BYTES;
const ENVIRONMENT = ARGUMENTS + ARGUMENT_BYTES;
/** System calls by which files are changed; of arm64 there are fewer. */
const GUARDED_CALLS = [
  'openat',
  'openat2',
  'open',
  'creat',
  'truncate',
  'ftruncate',
  'unlink',
  'unlinkat',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'mknod',
  'mknodat',
  'mkdir',
  'mkdirat',
] as const;

export type Who = {
  readonly time: number;
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly comm: string;
};
/** What a standard stream is: `family` is that of its socket (linux/socket.h), 0 when it is none. */
export type Stream = { readonly family: number; readonly address: string; readonly port: number };
export type Ancestor = { readonly pid: number; readonly comm: string };
export type ExecLook = Who & {
  /** Parents, nearest first, 6 at most. */
  readonly ancestors: readonly Ancestor[];
  readonly euid: number;
  /** Names that the program's file has; 0: it was deleted, or never had one. */
  readonly links: number;
  readonly mode: number;
  /** It is for 32 bits: no rule sees its system calls. */
  readonly is32Bit: boolean;
  /** It lies below a folder that everybody may write to. */
  readonly isInShared: boolean;
  /** Of its file system: linux/magic.h. */
  readonly magic: number;
  readonly streams: readonly Stream[];
  /** Name of the file itself, and the path that was asked for. */
  readonly file: string;
  readonly asked: string;
  /** The first 512 bytes of its arguments, and what of the first 4 KiB of its environment begins with LD_; not to be kept. */
  readonly arguments: readonly string[];
  readonly environment: readonly string[];
};

export type Looks = {
  /** From now on it is told what is done to these files, and to those in these folders; returns what cannot be, each with why. */
  readonly guard: (files: readonly Guarded[]) => readonly string[];
  /** Looks that were not sent: there was no room, or too many came. */
  readonly lost: () => number;
  /** Whose those were of which too many came: of programs that begin, who began them. */
  readonly limitedBy: () => readonly Limited[];
  readonly missing: readonly string[];
  /** Tells of what waits in the ring now. */
  readonly drain: () => void;
  readonly stop: () => Promise<void>;
};

const utf8 = new TextDecoder();
const textAt = (bytes: Uint8Array, at: number, most: number): string => textOf(bytes.subarray(at, at + most));
/** Texts that each end with a 0. */
const textsAt = (bytes: Uint8Array, at: number, size: number, most: number): readonly string[] =>
  utf8.decode(bytes.subarray(at, at + Math.min(size, most))).split('\0');

/** What the environment tells the loader. Most have nothing of it, and need not be read further. */
const loaderTexts = (bytes: Uint8Array, size: number): readonly string[] =>
  Buffer.from(bytes.buffer, bytes.byteOffset + ENVIRONMENT, Math.min(size, ENVIRONMENT_BYTES)).includes('LD_')
    ? textsAt(bytes, ENVIRONMENT, size, ENVIRONMENT_BYTES).filter((text) => text.startsWith('LD_'))
    : [];

const ancestorsAt = (bytes: Uint8Array, view: DataView): readonly Ancestor[] =>
  Array.from({ length: ANCESTORS }, (_, i) => EXEC.ancestors + i * ANCESTOR_BYTES)
    .map((at) => ({ pid: view.getUint32(at, true), comm: textAt(bytes, at + 8, COMM_BYTES) }))
    .filter(({ pid }) => pid !== 0);

const streamAt = (view: DataView, at: number): Stream => ({
  family: view.getUint16(at + 2, true),
  port: view.getUint16(at + 4, false),
  address: [0, 1, 2, 3].map((i) => view.getUint8(at + 8 + i)).join('.'),
});

const execLook = (who: Who, bytes: Uint8Array, view: DataView): ExecLook => {
  const number = (at: number) => view.getUint32(at, true);
  return {
    ...who,
    ancestors: ancestorsAt(bytes, view),
    euid: number(EXEC.euid),
    links: number(EXEC.links),
    mode: number(EXEC.mode),
    isInShared: number(EXEC.isInShared) !== 0,
    is32Bit: number(EXEC.elfClass) === ELFCLASS32,
    magic: Number(view.getBigUint64(EXEC.magic, true)),
    streams: Array.from({ length: STREAMS }, (_, i) => streamAt(view, EXEC.streams + i * STREAM_BYTES)),
    file: textAt(bytes, EXEC.file, NAME_BYTES),
    asked: textAt(bytes, ASKED, NAME_BYTES),
    arguments: textsAt(bytes, ARGUMENTS, number(EXEC.argumentBytes), ARGUMENT_BYTES),
    environment: loaderTexts(bytes, number(EXEC.environmentBytes)),
  };
};

type Listening = { readonly exec: (look: ExecLook) => void; readonly file: (look: FileLook) => void };

const lookWith = (kernel: Kernel, clock: Clock, on: Listening): Looks => {
  const { bpf } = kernel;
  const system = loadSystem();
  const ringFd = kernel.map('looks');
  const ring = mapRing(system, ringFd, RING_BYTES);
  if (ring === undefined) throw errors.refused({ event: 'the ring', why: 'its memory could not be mapped' });
  const index = (at: number) => new Uint8Array(Uint32Array.of(at).buffer);
  bpf.update(kernel.map('look_state'), index(1), new Uint8Array(BigUint64Array.of(BigInt(process.pid)).buffer), 0);
  bpf.update(kernel.map('fair_seed'), index(0), new Uint8Array(Uint32Array.of(randomInt(2 ** 32)).buffer), 0);
  const { guard, decode } = createGuard(bpf, kernel);

  const drain = () => {
    ring.drain((words, at) => {
      const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, ENVIRONMENT + ENVIRONMENT_BYTES);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const kind = view.getUint32(0, true);
      const who: Who = {
        uid: view.getUint32(4, true),
        time: sinceStart(clock, view.getUint32(8, true), view.getUint32(12, true)),
        tid: view.getUint32(16, true),
        pid: view.getUint32(20, true),
        comm: textAt(bytes, 24, COMM_BYTES),
      };
      const file = kind === KIND.file ? decode(who, bytes, view) : undefined;
      if (file !== undefined) on.file(file);
      if (kind === KIND.exec) on.exec(execLook(who, bytes, view));
    }, Number.POSITIVE_INFINITY);
  };

  const links: BpfLink[] = [];
  const missing: string[] = [];
  const exec = bpf.attachRawTracepoint(kernel.program('look_at_exec'), 'sched_process_exec');
  if (exec === null) missing.push(`sched_process_exec: ${errnoName(errno())}`);
  else links.push(exec);
  const folder = tracefsFolder(system);
  const inventory = folder === undefined ? undefined : openInventory(folder);
  const known = new Set(inventory?.events());
  for (const call of GUARDED_CALLS) {
    const name = `sys_exit_${call}`;
    if (inventory === undefined || !known.has(`syscalls:${name}`)) continue;
    const perf = system.openPerfEvent(tracepointAttributes(inventory.format('syscalls', name).id), 0);
    const link = perf < 0 ? null : bpf.attachPerfEvent(kernel.program(`guard_${call}`), perf);
    if (link === null && perf >= 0) closeSync(perf);
    if (link === null) missing.push(`syscalls:${name}: ${errnoName(errno())}`);
    else links.push(link);
  }
  const readable = onReadable(ringFd, drain);
  let isOver = false;
  const limitedBy = (): readonly Limited[] => {
    if (isOver) return [];
    const held = new Uint8Array(HELD_IN_C.size * HELD_IN_C.entries);
    bpf.lookup(kernel.map('fair_helds'), index(0), held);
    return readHeld(held, HELD_IN_C.size);
  };
  let lostAtEnd: number | undefined;
  const lost = (): number => {
    if (lostAtEnd !== undefined) return lostAtEnd;
    const count = new BigUint64Array(1);
    bpf.lookup(kernel.map('look_state'), index(0), new Uint8Array(count.buffer));
    return Number(count[0]);
  };
  return {
    missing,
    guard,
    lost,
    limitedBy,
    drain,
    stop: async () => {
      await Promise.all(links.splice(0).map((link) => bpf.destroyLink(link)));
      drain();
      lostAtEnd ??= lost();
      isOver = true;
      readable.stop();
      ring.close();
      kernel.close();
    },
  };
};

/** Starts looking. Throws a UserError when this machine or user cannot. */
export const openLooks = (clock: Clock, on: Listening): Looks => {
  const kernel = loadKernel(loadLibbpf(), { abilities: readAbilities(), sizes: {}, names: ['look', 'guard'] });
  try {
    return lookWith(kernel, clock, on);
  } catch (thrown) {
    kernel.close();
    throw thrown;
  }
};
