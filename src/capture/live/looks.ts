// What the kernel side of the security watch tells: programs that begin, and files that few should open. Layouts are those of
// bpf/look.bpf.c.
import { closeSync } from 'node:fs';
import { readAbilities } from '../abilities.ts';
import { type Clock, sinceStart } from '../clock.ts';
import { type BpfLink, errno, errnoName, loadLibbpf, loadSystem, onReadable } from '../libbpf.ts';
import { loadKernel } from '../load.ts';
import { mapRing } from '../ring.ts';
import { tracefsFolder } from '../tracefs.ts';
import { textOf } from './decode.ts';
import { errors } from './errors.ts';
import { openInventory } from './inventory.ts';
import { tracepointAttributes } from './tracepoint-attributes.ts';

const RING_BYTES = 4 << 20;
const KIND = { exec: 1, open: 2 } as const;
const COMM_BYTES = 16;
const NAME_BYTES = 128;
const STREAMS = 3;
const STREAM_BYTES = 12;
const ANCESTORS = 6;
const ANCESTOR_BYTES = 24;
const EXEC = {
  ancestors: 40,
  euid: 184,
  links: 188,
  mode: 192,
  device: 196,
  inode: 200,
  magic: 208,
  streams: 216,
  environmentBytes: 252,
  file: 256,
} as const;
const ASKED = EXEC.file + NAME_BYTES;
const ENVIRONMENT = ASKED + NAME_BYTES;
const OPEN = { flags: 40, device: 44, inode: 48, file: 56 } as const;
/** How `dev_t` of the kernel and of programs differ: linux/kdev_t.h, MINORBITS. */
const MINOR_BITS = 20;

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
  /** Of its file system: linux/magic.h. */
  readonly magic: number;
  readonly streams: readonly Stream[];
  /** Name of the file itself, and the path that was asked for. */
  readonly file: string;
  readonly asked: string;
  /** The first 4 KiB of its environment; not to be kept. */
  readonly environment: readonly string[];
};
export type OpenLook = Who & {
  readonly flags: number;
  readonly file: string;
  readonly device: number;
  readonly inode: number;
};

export type FileId = { readonly device: number; readonly inode: number };
export type Looks = {
  /** From now on it is told when this file is opened. */
  readonly guard: (file: FileId) => void;
  readonly lost: () => number;
  readonly missing: readonly string[];
  readonly stop: () => Promise<void>;
};

const utf8 = new TextDecoder();
const textAt = (bytes: Uint8Array, at: number, most: number): string => textOf(bytes.subarray(at, at + most));

const ancestorsAt = (bytes: Uint8Array, view: DataView): readonly Ancestor[] =>
  Array.from({ length: ANCESTORS }, (_, i) => EXEC.ancestors + i * ANCESTOR_BYTES)
    .map((at) => ({ pid: view.getUint32(at, true), comm: textAt(bytes, at + 8, COMM_BYTES) }))
    .filter(({ pid }) => pid !== 0);

const streamAt = (view: DataView, at: number): Stream => ({
  family: view.getUint16(at + 2, true),
  port: view.getUint16(at + 4, false),
  address: [0, 1, 2, 3].map((i) => view.getUint8(at + 8 + i)).join('.'),
});

/** The kernel's number of a device from that of stat(2), as glibc splits it: gnu_dev_major and gnu_dev_minor. */
const kernelDevice = (device: number): number => {
  const big = BigInt(device);
  const major = Number(((big >> 8n) & 0xfffn) | ((big >> 32n) & ~0xfffn));
  const minor = Number((big & 0xffn) | ((big >> 12n) & ~0xffn));
  return major * 2 ** MINOR_BITS + minor;
};

/** Starts looking. Throws a UserError when this machine or user cannot. */
export const openLooks = (
  clock: Clock,
  on: { readonly exec: (look: ExecLook) => void; readonly open: (look: OpenLook) => void },
): Looks => {
  const bpf = loadLibbpf();
  const system = loadSystem();
  const kernel = loadKernel(bpf, { abilities: readAbilities(), sizes: {}, names: ['look'] });
  const ringFd = kernel.map('looks');
  const ring = mapRing(system, ringFd, RING_BYTES);
  if (ring === undefined) throw errors.refused({ event: 'the ring', why: 'its memory could not be mapped' });
  const number = (index: number) => new Uint8Array(Uint32Array.of(index).buffer);
  bpf.update(kernel.map('look_state'), number(1), new Uint8Array(BigUint64Array.of(BigInt(process.pid)).buffer), 0);

  const drain = () => {
    ring.drain((words, at) => {
      const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, ENVIRONMENT + 4096);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const kind = view.getUint32(0, true);
      const who: Who = {
        uid: view.getUint32(4, true),
        time: sinceStart(clock, view.getUint32(8, true), view.getUint32(12, true)),
        tid: view.getUint32(16, true),
        pid: view.getUint32(20, true),
        comm: textAt(bytes, 24, COMM_BYTES),
      };
      if (kind === KIND.open) {
        const { flags, device, inode, file } = OPEN;
        on.open({
          ...who,
          flags: view.getUint32(flags, true),
          device: view.getUint32(device, true),
          inode: Number(view.getBigUint64(inode, true)),
          file: textAt(bytes, file, NAME_BYTES),
        });
        return;
      }
      if (kind !== KIND.exec) return;
      const size = Math.min(4096, view.getUint32(EXEC.environmentBytes, true));
      on.exec({
        ...who,
        ancestors: ancestorsAt(bytes, view),
        euid: view.getUint32(EXEC.euid, true),
        links: view.getUint32(EXEC.links, true),
        mode: view.getUint32(EXEC.mode, true),
        magic: Number(view.getBigUint64(EXEC.magic, true)),
        streams: Array.from({ length: STREAMS }, (_, i) => streamAt(view, EXEC.streams + i * STREAM_BYTES)),
        file: textAt(bytes, EXEC.file, NAME_BYTES),
        asked: textAt(bytes, ASKED, NAME_BYTES),
        environment: utf8.decode(bytes.subarray(ENVIRONMENT, ENVIRONMENT + size)).split('\0'),
      });
    }, Number.POSITIVE_INFINITY);
  };

  const links: BpfLink[] = [];
  const missing: string[] = [];
  const exec = bpf.attachRawTracepoint(kernel.program('look_at_exec'), 'sched_process_exec');
  if (exec === null) missing.push(`sched_process_exec: ${errnoName(errno())}`);
  else links.push(exec);
  const folder = tracefsFolder(system);
  const inventory = folder === undefined ? undefined : openInventory(folder);
  for (const [program, name] of [
    ['look_at_openat', 'sys_exit_openat'],
    ['look_at_openat2', 'sys_exit_openat2'],
    ['look_at_open', 'sys_exit_open'],
  ] as const) {
    // Of arm64 there is no open.
    if (inventory?.events().includes(`syscalls:${name}`) !== true) continue;
    const perf = system.openPerfEvent(tracepointAttributes(inventory.format('syscalls', name).id), 0);
    const link = perf < 0 ? null : bpf.attachPerfEvent(kernel.program(program), perf);
    if (link === null && perf >= 0) closeSync(perf);
    if (link === null) missing.push(`syscalls:${name}: ${errnoName(errno())}`);
    else links.push(link);
  }
  const readable = onReadable(ringFd, drain);
  return {
    missing,
    guard: ({ device, inode }) => {
      const key = new Uint8Array(16);
      const view = new DataView(key.buffer);
      view.setBigUint64(0, BigInt(inode), true);
      view.setUint32(8, kernelDevice(device), true);
      bpf.update(kernel.map('sensitive'), key, number(1), 0);
    },
    lost: () => {
      const count = new BigUint64Array(1);
      bpf.lookup(kernel.map('look_state'), number(0), new Uint8Array(count.buffer));
      return Number(count[0]);
    },
    stop: async () => {
      await Promise.all(links.map((link) => bpf.destroyLink(link)));
      drain();
      readable.stop();
    },
  };
};
