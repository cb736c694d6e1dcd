// What a step of a script waits for where it does not run, and who lets it go. Facts of the actor's own code.
import type { RootKind } from '../../src/catalogue/root-kinds.ts';

type StepKind = {
  /** What its blocked time is. */
  readonly kind: RootKind;
  /** The step that lets it go, of the same channel (its first number). */
  readonly by?: string;
  /** Its time on a CPU is waiting, too: it spins, or looks again each time it is woken. */
  readonly spins?: true;
};

/** Steps that wait; any other only computes. */
export const stepKinds: Readonly<Record<string, StepKind>> = {
  sleep: { kind: 'sleep' },
  // Until its time comes.
  during: { kind: 'sleep' },
  lock: { kind: 'lock', by: 'unlock' },
  get: { kind: 'ipc', by: 'put' },
  put: { kind: 'ipc', by: 'get' },
  receive: { kind: 'ipc', by: 'send' },
  send: { kind: 'ipc', by: 'receive' },
  await: { kind: 'lock', by: 'post' },
  dial: { kind: 'network' },
  serve: { kind: 'network' },
  hear: { kind: 'network', by: 'say' },
  say: { kind: 'network', by: 'hear' },
  fault: { kind: 'page_fault', by: 'serve_fault' },
  await_fault: { kind: 'ipc', by: 'fault' },
  python: { kind: 'gil' },
  sync: { kind: 'gpu_wait', spins: true },
  launch: { kind: 'gpu_wait' },
  upload: { kind: 'gpu_wait' },
  upload_pinned: { kind: 'gpu_wait' },
  realloc: { kind: 'gpu_memory' },
  pread: { kind: 'block_io' },
  scan: { kind: 'block_io' },
  fsync: { kind: 'writeback' },
  // Makes the file and waits until it is on the disk.
  prepare: { kind: 'writeback' },
  dirty: { kind: 'writeback' },
  walk: { kind: 'page_fault' },
  touch: { kind: 'reclaim' },
  leak: { kind: 'reclaim' },
  child: { kind: 'child' },
  execute: { kind: 'child' },
  join: { kind: 'child' },
};
