// Reads /proc/PID/maps: what lies where in a process's memory. Must not open the mapped files.
// Format: proc_pid_maps(5). Addresses of user space are below 2^53 and kept as plain numbers; [vsyscall] is left out.

/** One mapping. Addresses and `offset` (into the file) in bytes. */
export type Mapping = {
  start: number;
  end: number;
  offset: number;
  executable: boolean;
  /** Device as the kernel prints it, in hexadecimal: `fe:00`. */
  device: string;
  /** Decimal text, "0" without a file: inode numbers of overlay file systems exceed 2^53. */
  inode: string;
  /** A file's path, `[heap]`, `[vdso]`, or undefined for anonymous memory. */
  path: string | undefined;
  /** The file was deleted or replaced since it was mapped (the suffix is taken off the path). */
  deleted: boolean;
};

const ROW = /^([0-9a-f]+)-([0-9a-f]+) [r-][w-]([x-])[ps] ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+)(?: +(.*))?$/;
const DELETED = ' (deleted)';

const decodePath = (text: string): string =>
  text.includes('\\') ? text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8))) : text;

const parseRow = (line: string): Mapping | undefined => {
  const match = ROW.exec(line);
  if (!match) return undefined;
  const [, from = '', to = '', executable, offset = '', device = '', inode = '', rawPath = ''] = match;
  const [start, end] = [parseInt(from, 16), parseInt(to, 16)];
  if (!Number.isSafeInteger(end) || end <= start) return undefined;
  const deleted = inode !== '0' && rawPath.endsWith(DELETED);
  const path = decodePath(deleted ? rawPath.slice(0, -DELETED.length) : rawPath);
  return {
    start,
    end,
    offset: parseInt(offset, 16),
    executable: executable === 'x',
    device,
    inode,
    path: path === '' ? undefined : path,
    deleted,
  };
};

/** All mappings of the text of a maps file, in order of address. Lines that do not parse (torn by a race) are left out. */
export const parseMaps = (text: string): Mapping[] =>
  text.split('\n').flatMap((line) => {
    const row = line === '' ? undefined : parseRow(line);
    return row ? [row] : [];
  });

/** Whether a mapping shows a file (and not a special area such as `[stack]`, or anonymous memory). */
export const isFileMapping = (mapping: Mapping): mapping is Mapping & { path: string } =>
  mapping.path?.startsWith('/') === true && mapping.inode !== '0';
