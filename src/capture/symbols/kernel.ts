// Names of kernel functions, from /proc/kallsyms, read when first asked for (about 50 ms). Where the kernel hides its
// addresses (kptr_restrict, an unprivileged user) nothing resolves, and `available` says so.
// Kernel addresses exceed 2^53: they are passed as two 32-bit halves. Must not know where stacks come from.

import { readFileSync } from 'node:fs';

/**
 * `module` is the kernel module the function belongs to, undefined for the kernel itself. `offset` (bytes) is from the start
 * of the function, or where that is unknown from 0xfff0000000000000.
 */
export type KernelAddress = { name: string | undefined; module: string | undefined; offset: number };
export type KernelSymbols = {
  available: () => boolean;
  /** `high` and `low`: the upper and lower 32 bits of the address. */
  resolve: (high: number, low: number) => KernelAddress;
};

type Table = { text: Buffer; count: number; address: Float64Array; lineAt: Uint32Array };

/** No kernel function is longer than this many bytes. */
const MAX_FUNCTION = 1024 * 1024;
const SPACE = 0x20;
const NEWLINE = 0x0a;
/** Functions: T and t in the text, W and w weak ones. */
const FUNCTION_TYPES = new Set([...'TtWw'].map((type) => type.charCodeAt(0)));
// All kernel code lies in the top 2^52 bytes on x86-64 (4 and 5 levels) and arm64, so its distance from here is exact.
const BASE_HIGH = 0xfff00000;

const distance = (high: number, low: number): number => (high - BASE_HIGH) * 2 ** 32 + low;

const readTable = (path: string): Table => {
  const text = readFileSync(path);
  const capacity = Math.floor(text.length / 20) + 1;
  const address = new Float64Array(capacity);
  const lineAt = new Uint32Array(capacity);
  let count = 0;
  // A line is "ffffffff81000000 T name" or the same with "\t[module]" after it.
  for (let at = 0; at + 19 < text.length && count < capacity; ) {
    if (FUNCTION_TYPES.has(text[at + 17] ?? 0) && text[at + 16] === SPACE) {
      const high = parseInt(text.toString('latin1', at, at + 8), 16);
      const low = parseInt(text.toString('latin1', at + 8, at + 16), 16);
      if (high >= BASE_HIGH && Number.isFinite(low)) {
        address[count] = distance(high, low);
        lineAt[count] = at;
        count++;
      }
    }
    const end = text.indexOf(NEWLINE, at);
    if (end < 0) break;
    at = end + 1;
  }
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => (address[a] ?? 0) - (address[b] ?? 0) || a - b);
  return {
    text,
    count,
    address: Float64Array.from(order, (i) => address[i] ?? 0),
    lineAt: Uint32Array.from(order, (i) => lineAt[i] ?? 0),
  };
};

const readTableOrNone = (path: string): Table => {
  try {
    return readTable(path);
  } catch {
    return { text: Buffer.alloc(0), count: 0, address: new Float64Array(0), lineAt: new Uint32Array(0) };
  }
};

const lineOf = ({ text, lineAt }: Table, index: number): { name: string; module: string | undefined } => {
  const at = (lineAt[index] ?? 0) + 19;
  const end = text.indexOf(NEWLINE, at);
  const [name = '', module] = text.toString('latin1', at, end < 0 ? text.length : end).split('\t');
  return { name, module: module?.replace(/^\[|\]$/g, '') };
};

/** Makes a reader of kernel symbols; nothing is read until the first question. */
export const createKernelSymbols = (path = '/proc/kallsyms'): KernelSymbols => {
  let loaded: Table | undefined;
  const table = (): Table => {
    loaded ??= readTableOrNone(path);
    return loaded;
  };
  const resolve = (high: number, low: number): KernelAddress => {
    const symbols = table();
    const wanted = distance(high, low);
    let below = 0;
    let above = symbols.count;
    while (below < above) {
      const middle = (below + above) >>> 1;
      if ((symbols.address[middle] ?? 0) <= wanted) below = middle + 1;
      else above = middle;
    }
    let nearest = below - 1;
    if (nearest < 0) return { name: undefined, module: undefined, offset: wanted };
    // Aliases share an address; the first one listed is taken, so that the same address always has the same name.
    while (nearest > 0 && symbols.address[nearest - 1] === symbols.address[nearest]) nearest--;
    const offset = wanted - (symbols.address[nearest] ?? 0);
    const { name, module } = lineOf(symbols, nearest);
    // Past the end of the kernel's text, and far behind the last symbol, lies nothing that has a name here.
    const isOutside = name === '_etext' || offset > MAX_FUNCTION;
    return isOutside ? { name: undefined, module: undefined, offset: wanted } : { name, module, offset };
  };
  return { available: () => table().count > 0, resolve };
};
