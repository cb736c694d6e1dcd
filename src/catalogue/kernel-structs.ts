// Structs that user space and the kernel side share besides the events: settings, keys, totals of lost calls.
import { type Field, field } from './field.ts';

export type StructSpec = { readonly name: string; readonly doc: string; readonly fields: readonly Field[] };

const struct = <const S extends StructSpec>(spec: S): S => spec;

/** Buckets of a lost total's histogram: floor(log2(ns)), up to 78 hours. */
export const LOST_EXPONENTS = 48;

export const kernelStructs = {
  config: struct({
    name: 'config',
    doc: 'settings of a run',
    fields: [
      field('observer', 'pid', 'our own process'),
      field('track_all', 'boolean', 'record every process'),
      field('hold', 'boolean', 'stop a tracked process that maps a library until its probes are attached'),
      field('watch_exec', 'boolean', 'tell of programs and CUDA libraries of processes that are not tracked'),
      field('track_cuda', 'boolean', 'track every process from the moment it maps a CUDA library'),
      field('adopt', 'boolean', 'track the processes that our own process makes'),
      field('shard_shift', 'number', 'CPU number >> this is the number of its ring'),
    ],
  }),
  file_key: struct({
    name: 'file_key',
    doc: 'identity of a file',
    fields: [
      field('inode', 'word', 'inode'),
      field('device', 'number', 'major << 20 | minor'),
      field('unused', 'number', 'always 0'),
    ],
  }),
  lost_total: struct({
    name: 'lost_total',
    doc: 'calls whose events were lost, added up',
    fields: [
      field('count', 'count', 'calls'),
      field('sum', 'duration', 'time in them'),
      field('max', 'duration', 'the longest'),
      field('failed', 'count', 'calls that did not return 0'),
      field('log2', 'count', 'calls by floor(log2(duration))', LOST_EXPONENTS),
    ],
  }),
} as const;

/** Calls that have a total but no row: counted by the kernel while the ring was full. Times in ns. */
export type LostCalls = {
  readonly pid: number;
  readonly op: number;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  readonly failed: number;
  /** Count by floor(log2(duration)). */
  readonly log2: readonly number[];
};
