// An archive in the form that the kernel unpacks into its first file system: "newc" of cpio(5), see the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst.

export type Entry = {
  readonly path: string;
  /** Type and permissions, as in st_mode. */
  readonly mode: number;
  readonly content?: Uint8Array;
};

const FILE = 0o100000;
const FOLDER = 0o040000;
const LINK = 0o120000;
export const file = (path: string, content: Uint8Array, permissions = 0o644): Entry => ({
  path,
  mode: FILE | permissions,
  content,
});
export const folder = (path: string): Entry => ({ path, mode: FOLDER | 0o755 });
export const link = (path: string, target: string): Entry => ({
  path,
  mode: LINK | 0o777,
  content: Buffer.from(target),
});

const END = 'TRAILER!!!';
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

const record = ({ path, mode, content = new Uint8Array() }: Entry, inode: number): Buffer => {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, four device numbers, length of the name, checksum
  const numbers = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(Buffer.from(content))]);
};

/** The archive of some entries; a folder stands before what lies in it. */
export const cpio = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([...entries, { path: END, mode: 0 }].map((entry, i) => record(entry, i + 1)));
