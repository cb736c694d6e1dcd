// What was executable in a process when we last looked, kept after it exited: which file an address falls into, and where
// in the file. Must not know of symbols.

import { type OpenableFile, openableFile } from '../library-file.ts';
import { isFileMapping, type Mapping, parseMaps } from '../maps.ts';

/** An executable mapping and the file behind it, undefined for anonymous memory, special areas and unreachable files. */
export type CodeMapping = Mapping & { file: OpenableFile | undefined };
/** Sorted by address, none overlapping. `text` is what the maps file said, to see cheaply that nothing changed. */
export type Snapshot = { text: string; mappings: readonly CodeMapping[] };

const isSameMapping = (a: Mapping, b: Mapping): boolean =>
  a.start === b.start && a.offset === b.offset && a.inode === b.inode && a.device === b.device && a.path === b.path;

/**
 * The snapshot after the maps file now says `text`. Mappings that are gone are kept where nothing new lies: stacks taken
 * before they went still point there. `reach` tells how to open a new file; files seen before are not asked for again.
 */
export const updateSnapshot = (
  pid: number,
  old: Snapshot | undefined,
  text: string,
  reach: typeof openableFile = openableFile,
): Snapshot => {
  if (old?.text === text) return old;
  const before = new Map((old?.mappings ?? []).map((mapping) => [mapping.start, mapping] as const));
  const files = new Map<string, OpenableFile | undefined>();
  const now = parseMaps(text)
    .filter((mapping) => mapping.executable)
    .map((mapping): CodeMapping => {
      const known = before.get(mapping.start);
      if (known && isSameMapping(known, mapping)) return { ...mapping, file: known.file };
      if (!isFileMapping(mapping)) return { ...mapping, file: undefined };
      const file = `${mapping.device} ${mapping.inode} ${mapping.path}`;
      if (!files.has(file)) files.set(file, reach(pid, mapping));
      return { ...mapping, file: files.get(file) };
    });
  const isFree = ({ start, end }: Mapping): boolean => !now.some((other) => other.start < end && other.end > start);
  const kept = (old?.mappings ?? []).filter(isFree);
  return { text, mappings: [...now, ...kept].sort((a, b) => a.start - b.start) };
};

/** The mapping that holds an address. */
export const mappingAt = ({ mappings }: Snapshot, address: number): CodeMapping | undefined => {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((mappings[middle]?.start ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  const nearest = mappings[low - 1];
  return nearest && address < nearest.end ? nearest : undefined;
};
