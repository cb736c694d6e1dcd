// The one door to gecko-profiler-demangle: C++ and Rust symbols into names that people recognise.
// Its WebAssembly is started here by hand, since to import such a file as a module is an experiment of Node; so only the
// package's types are imported.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { demangle_any } from 'gecko-profiler-demangle';
import { limitMemory } from './wasm-memory-limit.ts';

// The parts of the JavaScript API of WebAssembly that are used: no library of types for Node declares them.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Readonly<Record<string, object>>) => { readonly exports: Demangler };
};
/** What wasm-bindgen made: a text goes in as pointer and length of UTF-8 in memory that it gives, and comes back so. */
type Demangler = {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly __wbindgen_malloc: (size: number, align: number) => number;
  readonly __wbindgen_free: (at: number, size: number, align: number) => void;
  readonly __wbindgen_start: () => void;
  readonly demangle_any: (at: number, size: number) => readonly [number, number];
};

/** Of 64 KB. A short symbol may stand for a name of gigabytes: it refers to its own parts again and again. */
const MEMORY_PAGES = 256;
const MAX_SYMBOL = 4096;
const MAX_NAME = 64 * 1024;
const utf8 = new TextDecoder();

let compiled: object | undefined;
let running: Demangler | undefined;

const start = (): Demangler => {
  const path = createRequire(import.meta.url).resolve('gecko-profiler-demangle/index_bg.wasm');
  compiled ??= new WebAssembly.Module(limitMemory(readFileSync(path), MEMORY_PAGES));
  // It would make a table of JavaScript values, of which there are none here.
  const bindings = { __wbindgen_init_externref_table: () => {} };
  const { exports } = new WebAssembly.Instance(compiled, { './index_bg.js': bindings });
  exports.__wbindgen_start();
  return exports;
};

const call = (wasm: Demangler, symbol: string): string => {
  const bytes = Buffer.from(symbol);
  const at = wasm.__wbindgen_malloc(bytes.length, 1) >>> 0;
  new Uint8Array(wasm.memory.buffer).set(bytes, at);
  const [to, size] = wasm.demangle_any(at, bytes.length);
  const name = utf8.decode(new Uint8Array(wasm.memory.buffer, to >>> 0, Math.min(size, MAX_NAME)));
  wasm.__wbindgen_free(to, size, 1);
  return name;
};

/** The readable name of a C++ or Rust symbol, Rust's without its hash; any other text as it is. At most 64 KB long. */
export const demangle: typeof demangle_any = (symbol) => {
  if (!/^_+[ZR]/.test(symbol) || symbol.length > MAX_SYMBOL) return symbol;
  running ??= start();
  try {
    const name = call(running, symbol);
    // Of what it cannot read it takes off the underscore that other systems put before every symbol.
    return name === symbol.slice(1) ? symbol : name;
  } catch {
    // A symbol that ends the demangler (recursion, memory) leaves it in no state to go on.
    running = undefined;
    return symbol;
  }
};
