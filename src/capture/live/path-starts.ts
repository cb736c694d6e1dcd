// From where relative paths lead into guarded folders: from each of these, and from all those above it. Layouts are those of
// bpf/guard.h. Asks the file system for the folders above; knows no reason why one is guarded.
import { dirname } from 'node:path/posix';

/** Of bpf/guard.h: nothing is guarded there, but something below it. */
const LEADS_TO_GUARDED = 0x8000_0000;
const NAME_BYTES = 128;
const TEXT_AT = 16;

/** `device` as the kernel numbers it. */
export type Identity = { readonly device: number; readonly inode: number };
export type GuardedFolder = Identity & { readonly path: string; readonly guards: number };
export type Starts = {
  /** `DEVICE:INODE:HOW IT GOES ON` to what is guarded there. */
  readonly guards: ReadonlyMap<string, number>;
  /** `DEVICE:INODE` to the path of a folder. */
  readonly paths: ReadonlyMap<string, string>;
};

/** `identify` says which file has a path; undefined when none has. */
export const startsOf = (
  folders: readonly GuardedFolder[],
  identify: (path: string) => Identity | undefined,
): Starts => {
  const guards = new Map<string, number>();
  const paths = new Map<string, string>();
  const known = new Map<string, Identity | undefined>(folders.map((folder) => [folder.path, folder]));
  const identityOf = (path: string) => {
    if (!known.has(path)) known.set(path, identify(path));
    return known.get(path);
  };
  const add = (name: string, more: number) => guards.set(name, ((guards.get(name) ?? 0) | more) >>> 0);
  for (const folder of folders) {
    for (let path = folder.path; ; path = dirname(path)) {
      const start = identityOf(path);
      const rest = path === folder.path ? '' : `${folder.path.slice(path === '/' ? 1 : path.length + 1)}/`;
      if (start !== undefined && Buffer.byteLength(rest) < NAME_BYTES) {
        const name = `${start.device}:${start.inode}`;
        paths.set(name, path);
        add(`${name}:`, LEADS_TO_GUARDED);
        add(`${name}:${rest}`, folder.guards);
      }
      if (path === '/') break;
    }
  }
  return { guards, paths };
};

/** The kernel's key of a name in `Starts.guards`. */
export const startKey = (name: string): Uint8Array => {
  const [, device = '0', inode = '0', rest = ''] = /^(\d+):(\d+):(.*)$/s.exec(name) ?? [];
  const text = new TextEncoder().encode(rest);
  const key = new Uint8Array(TEXT_AT + NAME_BYTES);
  const view = new DataView(key.buffer);
  view.setUint32(0, (TEXT_AT - 4 + text.length) * 8, true);
  view.setUint32(4, Number(device), true);
  view.setBigUint64(8, BigInt(inode), true);
  key.set(text, TEXT_AT);
  return key;
};
