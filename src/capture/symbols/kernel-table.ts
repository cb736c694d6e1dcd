// The file /proc/kallsyms, read into compact arrays. Must not know what is looked for in it.
// Format: "ADDRESS TYPE NAME[\t[MODULE]]" a line; types as nm(1), of which t, T, w and W are code.

import { closeSync, openSync, readSync } from 'node:fs';
import { systemCodeOf } from '../../base/errors.ts';

const CHUNK = 256 * 1024;
const MAX_LINE = 1024;
const MAX_SYMBOLS = 400_000;
const MAX_NAME_BYTES = 10 * 1024 * 1024;
const NEWLINE = 10;
const LINE = /^([0-9a-f]{8})([0-9a-f]{8}) [tTwW] ([^\t\n]+)(?:\t\[([^\]]+)\])?$/;
/** Kernel addresses lie in the last 2^52 bytes: their distance from there is exact as a plain number. */
const BASE_HIGH = 0xfff0_0000;

/** Sorted by their start, the place of a function as `positionOf` tells it; of a module or of 0, the kernel itself. */
export type KernelTable = {
  starts: Float64Array;
  namesAt: Uint32Array;
  modules: Uint16Array;
  names: Buffer;
  moduleNames: string[];
};

/** An address by its two halves, as a number that is exact; below 0 what is not the kernel's. */
export const positionOf = (high: number, low: number): number => (high - BASE_HIGH) * 2 ** 32 + low;

/** Lines of a file, read in pieces: a file of /proc tells no size, and all of it as text would take twice its room. */
const eachLine = (path: string, visit: (line: string) => void): void => {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(CHUNK + MAX_LINE);
    for (let held = 0; ; ) {
      const got = readSync(fd, bytes, held, CHUNK, null);
      const end = held + got;
      const last = got === 0 ? end : bytes.lastIndexOf(NEWLINE, end - 1) + 1;
      for (const line of bytes.toString('latin1', 0, last).split('\n')) visit(line);
      if (got === 0) return;
      held = end - last <= MAX_LINE ? bytes.copy(bytes, 0, last, end) : 0;
    }
  } finally {
    closeSync(fd);
  }
};

/** Arrays that grow: what was read, in the file's order. */
const readTable = (path: string): KernelTable | undefined => {
  let starts = new Float64Array(65_536);
  let namesAt = new Uint32Array(65_536);
  let modules = new Uint16Array(65_536);
  let names = Buffer.alloc(1024 * 1024);
  let count = 0;
  let nameEnd = 0;
  const moduleNumbers = new Map<string, number>();

  const grow = (): void => {
    const [olderStarts, olderNames, olderModules] = [starts, namesAt, modules];
    starts = new Float64Array(count * 2);
    namesAt = new Uint32Array(count * 2);
    modules = new Uint16Array(count * 2);
    starts.set(olderStarts);
    namesAt.set(olderNames);
    modules.set(olderModules);
  };
  const numberOf = (module: string | undefined): number => {
    if (module === undefined) return 0;
    const known = moduleNumbers.get(module) ?? moduleNumbers.size + 1;
    if (known < 65_536) moduleNumbers.set(module, known);
    return known & 0xffff;
  };

  eachLine(path, (line) => {
    const match = LINE.exec(line);
    if (!match) return;
    const [, high = '', low = '', name = '', module] = match;
    const start = positionOf(parseInt(high, 16), parseInt(low, 16));
    if (start < 0 || count >= MAX_SYMBOLS || nameEnd + name.length + 1 > MAX_NAME_BYTES) return;
    if (count === starts.length) grow();
    if (nameEnd + name.length + 1 > names.length) names = Buffer.concat([names], names.length * 2);
    starts[count] = start;
    namesAt[count] = nameEnd;
    modules[count] = numberOf(module);
    nameEnd += names.write(`${name}\0`, nameEnd, 'latin1');
    count++;
  });
  // Without privilege all addresses are shown as 0, which lies below the kernel.
  if (count === 0) return undefined;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  // Of several names of one place the first is the one that the kernel itself shows.
  order.sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0) || a - b);
  return {
    starts: Float64Array.from(order, (i) => starts[i] ?? 0),
    namesAt: Uint32Array.from(order, (i) => namesAt[i] ?? 0),
    modules: Uint16Array.from(order, (i) => modules[i] ?? 0),
    names: Buffer.from(names.subarray(0, nameEnd)),
    moduleNames: ['', ...moduleNumbers.keys()],
  };
};

/** The functions that a file like /proc/kallsyms tells of; undefined without such a file, or without privilege. */
export const readKernelTable = (path: string): KernelTable | undefined => {
  try {
    return readTable(path);
  } catch (thrown) {
    // No such file (CONFIG_KALLSYMS) or no permission: then kernel functions have no names.
    if (systemCodeOf(thrown) !== '') return undefined;
    throw thrown;
  }
};
