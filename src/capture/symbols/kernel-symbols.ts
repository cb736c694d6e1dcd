// Names of functions of the running kernel, from /proc/kallsyms, which is read once, when first asked, into compact arrays.
// Must not know of stacks. Format: "ADDRESS TYPE NAME[\t[MODULE]]" a line; types as nm(1), of which t, T, w and W are code.

import { closeSync, openSync, readSync } from 'node:fs';
import { systemCodeOf } from '../../base/errors.ts';

/** A function of the kernel; `module` is that of a loadable one; `offset` is in bytes from its start. */
export type KernelSymbol = { name: string; module: string | undefined; offset: number };

/** `find` takes the two halves of an address and is undefined where nothing is known, or without privilege. */
export type KernelSymbols = {
  find: (high: number, low: number) => KernelSymbol | undefined;
  /** What is held, once it was read. */
  memoryBytes: () => number;
};

const CHUNK = 256 * 1024;
const MAX_LINE = 1024;
const MAX_SYMBOLS = 400_000;
const MAX_NAME_BYTES = 10 * 1024 * 1024;
const NEWLINE = 10;
/** Beyond that an address is in no function: the kernel tells no sizes. */
const MAX_FUNCTION = 1024 * 1024;
const LINE = /^([0-9a-f]{8})([0-9a-f]{8}) [tTwW] ([^\t\n]+)(?:\t\[([^\]]+)\])?$/;
/** Kernel addresses lie in the last 2^52 bytes: their distance from there is exact as a plain number. */
const BASE_HIGH = 0xfff0_0000;

type Table = { starts: Float64Array; namesAt: Uint32Array; modules: Uint16Array; names: Buffer; moduleNames: string[] };

const positionOf = (high: number, low: number): number => (high - BASE_HIGH) * 2 ** 32 + low;

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
const readTable = (path: string): Table | undefined => {
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

const tryReadTable = (path: string): Table | undefined => {
  try {
    return readTable(path);
  } catch (thrown) {
    // No such file (CONFIG_KALLSYMS) or no permission: then kernel functions have no names.
    if (systemCodeOf(thrown) !== '') return undefined;
    throw thrown;
  }
};

/** The index of the first of those that start at the nearest place not after `at`, or -1. */
const nearest = (starts: Float64Array, at: number): number => {
  const countBelow = (isBelow: (start: number) => boolean): number => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBelow(starts[middle] ?? 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const last = countBelow((start) => start <= at) - 1;
  const place = starts[last];
  return place === undefined ? -1 : countBelow((start) => start < place);
};

/** The kernel's functions as the file tells them at the first question; later loaded modules have no names. */
export const createKernelSymbols = (path = '/proc/kallsyms'): KernelSymbols => {
  let table: Table | undefined | null = null;

  const find = (high: number, low: number): KernelSymbol | undefined => {
    if (table === null) table = tryReadTable(path);
    if (!table) return undefined;
    const at = positionOf(high, low);
    const index = nearest(table.starts, at);
    const offset = at - (table.starts[index] ?? Number.NEGATIVE_INFINITY);
    if (!(offset < MAX_FUNCTION)) return undefined;
    const from = table.namesAt[index] ?? 0;
    const name = table.names.toString('latin1', from, table.names.indexOf(0, from));
    const module = table.modules[index] ?? 0;
    return { name, module: module === 0 ? undefined : table.moduleNames[module], offset };
  };

  const memoryBytes = (): number =>
    table ? table.starts.byteLength + table.namesAt.byteLength + table.modules.byteLength + table.names.length : 0;

  return { find, memoryBytes };
};
