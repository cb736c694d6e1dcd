// Which files the kernel side of the security watch guards, and what it tells of them. Layouts are those of bpf/guard.h and
// bpf/look.h. Knows no rule.
import { statSync } from 'node:fs';
import type { Libbpf } from '../libbpf.ts';
import type { Kernel } from '../load.ts';
import { textOf } from './decode.ts';
import type { Who } from './looks.ts';
import { type GuardedFolder, type Identity, startKey, startsOf } from './path-starts.ts';
import { plainPath } from './plain-path.ts';

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
  /** Of open(2): O_TRUNC as it was asked for, the rest as the kernel holds it. 0 where nothing was opened. */
  readonly flags: number;
  /** It was made by being opened. */
  readonly isNew: boolean;
  /** As far as it is known; where a name was taken away, as the program gave it. */
  readonly path: string;
  /** 0 where only the path is known. Devices as the kernel numbers them: `kernelDevice`. */
  readonly device: number;
  readonly inode: number;
  /** The folder in which it was found, or from which its relative path starts; 0 where only the path is known. */
  readonly folderDevice: number;
  readonly folderInode: number;
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
export const kernelDevice = (device: number): number => {
  const big = BigInt(device);
  const major = Number(((big >> 8n) & 0xfffn) | ((big >> 32n) & ~0xfffn));
  const minor = Number((big & 0xffn) | ((big >> 12n) & ~0xffn));
  return major * 2 ** MINOR_BITS + minor;
};

const kindsOf = (guards: number): readonly GuardKind[] =>
  (['secret', 'log', 'start', 'own'] as const).filter((kind) => (guards & GUARDS[kind]) !== 0);

type Tables = {
  /** Guarded ones, and the folders above them. */
  readonly paths: ReadonlyMap<string, string>;
  /** By number of the inode: the kernel finds them so. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** By path. */
  readonly folders: ReadonlyMap<string, Uint8Array>;
  /** By the folder where a relative path starts, and how it goes on. */
  readonly starts: ReadonlyMap<string, Uint8Array>;
  /** What the tables cannot hold, each with why. */
  readonly unfit: readonly string[];
};

const identify = (path: string): Identity | undefined => {
  try {
    const { dev, ino } = statSync(path);
    return { device: kernelDevice(dev), inode: ino };
  } catch {
    // Not there, or not ours to read.
    return undefined;
  }
};
const guardsValue = (guards: number) => new Uint8Array(Uint32Array.of(guards).buffer);

/** What the kernel side has to hold for these. */
const tablesOf = (guarded: readonly Guarded[]): Tables => {
  const paths = new Map<string, string>();
  const byInode = new Map<number, Map<number, number>>();
  const byPath = new Map<string, number>();
  const unfit = new Set<string>();
  const led: GuardedFolder[] = [];
  for (const { path, isFolder, device: userDevice, inode, as } of guarded) {
    const device = kernelDevice(userDevice);
    const devices = byInode.get(inode) ?? new Map<number, number>();
    byInode.set(inode, devices);
    if (devices.size >= SAME_NUMBER && !devices.has(device)) {
      unfit.add(`${path}: more than ${SAME_NUMBER} guarded files have its number, ${inode}, on different devices`);
      continue;
    }
    paths.set(`${device}:${inode}`, path);
    devices.set(device, (devices.get(device) ?? 0) | GUARDS[as]);
    if (!isFolder) continue;
    led.push({ path, device, inode, guards: GUARDS[as] });
    if (Buffer.byteLength(path) + 1 > NAME_BYTES)
      unfit.add(
        `${path}: its path has more than ${NAME_BYTES} bytes, so a file that is removed by its whole path is not seen`,
      );
    else byPath.set(path, (byPath.get(path) ?? 0) | GUARDS[as]);
  }
  const files = new Map(
    [...byInode].map(([inode, devices]) => {
      const value = new Uint32Array(SAME_NUMBER * 2);
      for (const [i, [device, guards]] of [...devices].entries()) {
        value[i] = device;
        value[SAME_NUMBER + i] = guards;
      }
      return [String(inode), new Uint8Array(value.buffer)] as const;
    }),
  );
  const folders = new Map([...byPath].map(([path, guards]) => [path, guardsValue(guards)]));
  const starting = startsOf(led, identify);
  const starts = new Map([...starting.guards].map(([name, guards]) => [name, guardsValue(guards)]));
  for (const [name, path] of starting.paths) if (!paths.has(name)) paths.set(name, path);
  return { paths, files, folders, starts, unfit: [...unfit] };
};

const fileKey = (inode: string) => new Uint8Array(BigUint64Array.of(BigInt(inode)).buffer);
const folderKey = (path: string) => {
  const begin = new TextEncoder().encode(`${path}/`);
  const key = new Uint8Array(4 + NAME_BYTES);
  new DataView(key.buffer).setUint32(0, begin.length * 8, true);
  key.set(begin, 4);
  return key;
};

/** The guarded files, as the kernel side knows them. */
export const createGuard = (bpf: Pick<Libbpf, 'update' | 'remove'>, kernel: Pick<Kernel, 'map'>) => {
  let paths: Tables['paths'] = new Map();
  const files = new Map<string, Uint8Array>();
  const folders = new Map<string, Uint8Array>();
  const starts = new Map<string, Uint8Array>();

  /** Makes a table of the kernel what it should be; returns what it refused. */
  const make = (
    [held, wanted]: readonly [Map<string, Uint8Array>, ReadonlyMap<string, Uint8Array>],
    map: number,
    keyOf: (name: string) => Uint8Array,
    what: string,
  ): readonly string[] => {
    let refused = 0;
    for (const name of [...held.keys()].filter((one) => !wanted.has(one))) {
      bpf.remove(map, keyOf(name));
      held.delete(name);
    }
    for (const [name, value] of wanted) {
      const same = held.get(name);
      if (same !== undefined && Buffer.compare(same, value) === 0) continue;
      if (bpf.update(map, keyOf(name), value, 0) === 0) held.set(name, value);
      else refused++;
    }
    return refused === 0 ? [] : [`${refused} ${what} found no room in the kernel's table`];
  };

  return {
    /** Guards these and no others; returns what could not be, each with why. */
    guard: (guarded: readonly Guarded[]): readonly string[] => {
      const tables = tablesOf(guarded);
      paths = tables.paths;
      return [
        ...tables.unfit,
        ...make([files, tables.files], kernel.map('guarded'), fileKey, 'files and folders'),
        ...make([folders, tables.folders], kernel.map('guarded_paths'), folderKey, 'paths of folders'),
        ...make([starts, tables.starts], kernel.map('guarded_starts'), startKey, 'starts of relative paths'),
      ];
    },
    /** Reads what the kernel side sent; undefined for a path that only looked as if it could lead to what is guarded. */
    decode: (who: Who, bytes: Uint8Array, view: DataView): FileLook | undefined => {
      const number = (at: number) => view.getUint32(at, true);
      const wide = (at: number) => Number(view.getBigUint64(at, true));
      const name = textOf(bytes.subarray(AT.name, AT.name + NAME_BYTES));
      const folder = paths.get(`${number(AT.folderDevice)}:${wide(AT.folderInode)}`);
      const known = paths.get(`${number(AT.device)}:${wide(AT.inode)}`);
      // What it names lies in the folder of its path, not in the one where the path starts.
      const isPath = name.includes('/');
      const start = name.startsWith('/') ? '' : `${folder ?? ''}/`;
      const path = isPath
        ? plainPath(start + name)
        : folder === undefined
          ? (known ?? name)
          : plainPath(`${folder}/${name}`);
      if (isPath && ![...folders.keys()].some((one) => path.startsWith(`${one}/`))) return undefined;
      return {
        ...who,
        action: ACTIONS[number(AT.action) - 1] ?? 'opened',
        guards: kindsOf(number(AT.guards)),
        flags: number(AT.flags),
        isNew: number(AT.isNew) !== 0,
        path,
        device: number(AT.device),
        inode: wide(AT.inode),
        folderDevice: isPath ? 0 : number(AT.folderDevice),
        folderInode: isPath ? 0 : wide(AT.folderInode),
      };
    },
  };
};
