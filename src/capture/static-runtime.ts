// Does a program carry the CUDA runtime inside itself (nvcc's default), instead of loading libcudart? Such a program can
// be probed only where its symbol table still names the runtime's functions. Must not know of processes.

import { UserError } from '../base/errors.ts';
import { tryOpenElf } from './symbols/elf.ts';
import { readDynamic } from './symbols/elf-dynamic.ts';
import { findFunctions, symbolSections } from './symbols/elf-symbols.ts';

/** `symbols`: the runtime's functions are named in the file, so that probes can be set there. */
export type StaticRuntime = { symbols: boolean };

/** Sections in which nvcc leaves the device code of a program. */
const DEVICE_CODE = ['.nv_fatbin', '.nvFatBinSegment', '__nv_relfatbin'];
/** Any program with the runtime inside has one of these: the linker takes the archive's one large member whole. */
const RUNTIME_FUNCTIONS = ['cudaLaunchKernel', 'cudaMalloc', 'cudaGetDevice', 'cudaFree', 'cudaDeviceSynchronize'];
const CUDART = /^libcudart[-.]/;
/** Without device code a symbol table beyond this many bytes (175,000 symbols, 60 ms) is not searched. */
const MAX_SEARCHED = 4 * 1024 * 1024;

/**
 * Looks for a runtime linked into the file at `path`; undefined when there is none or the file cannot be read.
 * `searchSymbols`: look for its functions also in a file without device code (slower: reads the whole symbol table).
 */
export const findStaticRuntime = (
  path: string,
  { searchSymbols }: { searchSymbols: boolean },
): StaticRuntime | undefined => {
  using elf = tryOpenElf(path);
  if (!elf) return undefined;
  try {
    const hasDeviceCode = DEVICE_CODE.some((name) => elf.section(name) !== undefined);
    const isWorthIt = searchSymbols && (symbolSections(elf).full?.size ?? 0) <= MAX_SEARCHED;
    if (!hasDeviceCode && !isWorthIt) return undefined;
    if (readDynamic(elf)?.needed.some((name) => CUDART.test(name))) return undefined;
    const symbols = findFunctions(elf, RUNTIME_FUNCTIONS).length > 0;
    return hasDeviceCode || symbols ? { symbols } : undefined;
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};
