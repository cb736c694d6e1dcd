// Address -> row of the unwind tables of one ELF file, remembered: stacks come from the same few thousand places.
// Must not know of processes. A damaged file has no rows.

import { attempt } from './attempt.ts';
import { runCallFrame } from './call-frame.ts';
import { createLoading, type Loading } from './effort.ts';
import { openEhFrame } from './eh-frame.ts';
import { openEhFrameIndex } from './eh-frame-index.ts';
import type { ElfFile } from './elf.ts';
import type { FrameRow } from './frame-row.ts';

/** `rowAt` takes a virtual address of the file. `memoryBytes` is about what the rows and the index hold. */
export type FrameRows = { rowAt: (address: number) => FrameRow | undefined; memoryBytes: () => number };

const MAX_ROWS = 4096;
/** A row with six rules and its place in the map, measured with process.memoryUsage. */
const ROW_BYTES = 700;

/**
 * The rows of a file, which must stay open. Reads its tables when first asked, and little of them; `loading` hears how long
 * that takes.
 */
export const createFrameRows = (elf: ElfFile, loading: Loading = createLoading()): FrameRows => {
  const frames = openEhFrame(elf);
  const rows = new Map<number, FrameRow | undefined>();
  let index: ReturnType<typeof openEhFrameIndex> | null = null;

  const read = (address: number): FrameRow | undefined => {
    if (index === null) index = loading.during(() => attempt(() => openEhFrameIndex(elf, frames)));
    const entry = index?.entryFor(address);
    const frame = entry === undefined ? undefined : frames.functionAt(entry);
    if (!frame || !(address >= frame.start && address < frame.end)) return undefined;
    const place = { start: frame.start, address, bases: { function: frame.start }, fail: frames.fail };
    return runCallFrame(frame.common, frame.program, place);
  };

  const rowAt = (address: number): FrameRow | undefined => {
    if (rows.has(address)) return rows.get(address);
    const row = attempt(() => read(address));
    if (rows.size >= MAX_ROWS) rows.clear();
    rows.set(address, row);
    return row;
  };

  return { rowAt, memoryBytes: () => rows.size * ROW_BYTES + (index?.memoryBytes ?? 0) };
};
