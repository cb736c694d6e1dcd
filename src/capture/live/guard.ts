// Which files the kernel side of the security watch guards, and what it tells of them. Layouts are those of bpf/guard.h and
// bpf/look.h. Knows no rule.
import type { Libbpf } from '../libbpf.ts';
import type { Kernel } from '../load.ts';
import { textOf } from './decode.ts';
import type { Who } from './looks.ts';

/** Why a file is guarded: few should open it; it says what happened; programs are started from it; it is ours. */
export const GUARDS = { secret: 1, log: 2, start: 4, own: 8 } as const;
export type GuardKind = keyof typeof GUARDS;
const ACTIONS = ['opened', 'removed', 'placed', 'moved', 'cut'] as const;
export type FileAction = (typeof ACTIONS)[number];

/** Something that was done to a guarded file, or to one in a guarded folder. */
export type FileLook = Who & {
  readonly action: FileAction;
  /** Why this is told. */
  readonly guards: readonly GuardKind[];
  /** What open(2) was asked for, 0 where nothing was opened. */
  readonly flags: number;
  /** It was made by being opened. */
  readonly isNew: boolean;
  /** As far as it is known; where a name was taken away, as the program gave it. */
  readonly path: string;
  /** 0 where only the path is known. */
  readonly device: number;
  readonly inode: number;
};

export type Guarded = {
  readonly path: string;
  readonly isFolder: boolean;
  /** As stat(2) tells them. */
  readonly device: number;
  readonly inode: number;
  readonly as: GuardKind;
};

const NAME_BYTES = 128;
const SAME_NUMBER = 4;
const AT = {
  action: 40,
  guards: 44,
  flags: 48,
  device: 52,
  inode: 56,
  folderInode: 64,
  folderDevice: 72,
  isNew: 76,
  name: 80,
} as const;
/** How `dev_t` of the kernel and of programs differ: linux/kdev_t.h, MINORBITS. */
const MINOR_BITS = 20;

/** The kernel's number of a device from that of stat(2), as glibc splits it: gnu_dev_major and gnu_dev_minor. */
const kernelDevice = (device: number): number => {
  const big = BigInt(device);
  const major = Number(((big >> 8n) & 0xfffn) | ((big >> 32n) & ~0xfffn));
  const minor = Number((big & 0xffn) | ((big >> 12n) & ~0xffn));
  return major * 2 ** MINOR_BITS + minor;
};

const kindsOf = (guards: number): readonly GuardKind[] =>
  (['secret', 'log', 'start', 'own'] as const).filter((kind) => (guards & GUARDS[kind]) !== 0);

/** The guarded files, as the kernel side knows them. */
export const createGuard = (bpf: Libbpf, kernel: Kernel) => {
  /** By number of the inode: the kernel finds them so. */
  const entries = new Map<number, { readonly device: number; guards: number }[]>();
  const paths = new Map<string, string>();
  const folders = new Map<string, number>();

  const guardFile = (inode: number, device: number, as: number) => {
    const same = entries.get(inode) ?? [];
    const known = same.find((one) => one.device === device);
    if (known !== undefined) known.guards |= as;
    else same.push({ device, guards: as });
    entries.set(inode, same);
    const value = new DataView(new ArrayBuffer(SAME_NUMBER * 8));
    for (const [i, one] of same.slice(0, SAME_NUMBER).entries()) {
      value.setUint32(i * 4, one.device, true);
      value.setUint32((SAME_NUMBER + i) * 4, one.guards, true);
    }
    const key = new Uint8Array(BigUint64Array.of(BigInt(inode)).buffer);
    bpf.update(kernel.map('guarded'), key, new Uint8Array(value.buffer), 0);
  };

  const guardFolder = (path: string, as: number) => {
    const begin = new TextEncoder().encode(`${path}/`);
    if (begin.length > NAME_BYTES) return;
    const guards = (folders.get(path) ?? 0) | as;
    folders.set(path, guards);
    const key = new Uint8Array(4 + NAME_BYTES);
    new DataView(key.buffer).setUint32(0, begin.length * 8, true);
    key.set(begin, 4);
    bpf.update(kernel.map('guarded_paths'), key, new Uint8Array(Uint32Array.of(guards).buffer), 0);
  };

  return {
    guard: ({ path, isFolder, device, inode, as }: Guarded) => {
      paths.set(`${kernelDevice(device)}:${inode}`, path);
      guardFile(inode, kernelDevice(device), GUARDS[as]);
      if (isFolder) guardFolder(path, GUARDS[as]);
    },
    /** Reads what the kernel side sent. */
    decode: (who: Who, bytes: Uint8Array, view: DataView): FileLook => {
      const number = (at: number) => view.getUint32(at, true);
      const wide = (at: number) => Number(view.getBigUint64(at, true));
      const name = textOf(bytes.subarray(AT.name, AT.name + NAME_BYTES));
      const folder = paths.get(`${number(AT.folderDevice)}:${wide(AT.folderInode)}`);
      const known = paths.get(`${number(AT.device)}:${wide(AT.inode)}`);
      return {
        ...who,
        action: ACTIONS[number(AT.action) - 1] ?? 'opened',
        guards: kindsOf(number(AT.guards)),
        flags: number(AT.flags),
        isNew: number(AT.isNew) !== 0,
        path: name.startsWith('/') ? name : folder !== undefined ? `${folder}/${name}` : (known ?? name),
        device: number(AT.device),
        inode: wide(AT.inode),
      };
    },
  };
};
