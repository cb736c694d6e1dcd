// How a library call is declared: one line with its id, symbol, role and the arguments worth keeping.
import type { ArgumentName } from './arguments.ts';

/** What a call is for, as far as an analysis cares. */
export type CallRole =
  | 'launch'
  | 'copy'
  | 'fill'
  | 'alloc'
  | 'free'
  | 'sync'
  | 'event'
  | 'stream'
  | 'graph'
  | 'load'
  | 'query'
  | 'device';

/**
 * Where an argument is found at entry. A slot counts 8-byte argument words in calling order, as both the x86-64 System V
 * ABI (6 registers, then the stack) and the arm64 AAPCS64 (8 registers, then the stack) pass integers, pointers and
 * small structs. `from` is a slot, or a word of the memory that the slot `through` points to. `part` is for two
 * 32-bit values in one word.
 */
export type Source = { readonly from: number; readonly part: 'all' | 'low' | 'high'; readonly through?: number };

/** The whole word of a slot. */
export const slot = (from: number): Source => ({ from, part: 'all' });
/** The low 32 bits of a slot: for an argument of type int, whose upper half is undefined. */
export const low = (from: number): Source => ({ from, part: 'low' });
/** The high 32 bits of a slot. */
export const high = (from: number): Source => ({ from, part: 'high' });
/** A source inside the struct that argument `pointer` points to; `from` counts its 8-byte words. */
export const through = (pointer: number, source: Source): Source => ({ ...source, through: pointer });

/** Where the pointer of an allocation comes from: `returned`: the call writes it through that slot; `given`: it is that slot. */
export type PointerSource = { readonly how: 'returned' | 'given'; readonly slot: number };
export const returned = (slot: number): PointerSource => ({ how: 'returned', slot });
export const given = (slot: number): PointerSource => ({ how: 'given', slot });

export type CallSpec = {
  /** Stored in rows and passed to the kernel as the attach cookie: never renumbered. */
  readonly id: number;
  readonly op: string;
  /** Further symbols that are the same call. The `_ptsz` and `_ptds` ones use the per-thread default stream. */
  readonly aliases: readonly string[];
  readonly library: 'cudart' | 'cuda';
  readonly role: CallRole;
  readonly args: Readonly<Partial<Record<ArgumentName, Source>>>;
  readonly ptr?: PointerSource;
};

/** cudaErrorNotReady and CUDA_ERROR_NOT_READY: what a query answers whose work is not done yet, and no failure. */
export const NOT_READY = 600;
