// All library calls that can be traced, and how to find one. A new library adds its list here.
import type { CallSpec } from './call.ts';
import { cudaCalls } from './sources/cuda.ts';

/** By the name of their source, which is what a subscription calls them by: `cuda:cudaMalloc`. */
export const callSources = { cuda: cudaCalls } as const satisfies Readonly<Record<string, readonly CallSpec[]>>;

export const calls: readonly CallSpec[] = Object.values(callSources).flat();

export const callById: ReadonlyMap<number, CallSpec> = new Map(calls.map((call) => [call.id, call]));

/** Largest call id, plus one: the size of the kernel's table of call plans. */
export const CALL_IDS = 256;
