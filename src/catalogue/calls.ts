// All library calls that can be traced, and how to find one. A new library adds its list here.
import type { CallSpec } from './call.ts';
import { cudaCalls } from './sources/cuda.ts';

export const calls: readonly CallSpec[] = [...cudaCalls];

export const callById: ReadonlyMap<number, CallSpec> = new Map(calls.map((call) => [call.id, call]));

/** Largest call id, plus one: the size of the kernel's table of call plans. */
export const CALL_IDS = 256;
