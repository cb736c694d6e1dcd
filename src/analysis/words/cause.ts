// Says a cause in plain English, as the end of a sentence about a thread.
import { quotedName } from '../../base/quote.ts';
import { durationText, shareText } from '../../base/units.ts';
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { Culprit } from '../chain.ts';

const NAME = 16;

/** The name that a thread or process gave itself, fit to stand in a sentence. */
export const commText = (comm: string): string => (comm === '' ? 'process' : quotedName(comm, NAME));

/** A task as people name it; "an unknown task" without a pid. */
export const taskText = ({ pid, tid, comm }: Pick<Culprit, 'pid' | 'tid' | 'comm'>): string => {
  if (pid === 0) return 'a task that is not known';
  const name = commText(comm);
  return tid === pid ? `${name} (pid ${pid})` : `${name} (pid ${pid}, thread ${tid})`;
};

/** Where a thread waited, in words: which futex it was stands in the rows. */
export const placeOf = (what: string): string => what.replace(/^futex 0x[0-9a-f]+/, 'futex');

/** A process of which several threads had a part is named as a whole. */
export const processText = (root: Culprit): string =>
  / in \d+ processes$/.test(root.what)
    ? `${commText(root.comm)} (pid ${root.pid} and ${Number(/(\d+) processes$/.exec(root.what)?.[1]) - 1} more)`
    : taskText(/ with \d+ threads$/.test(root.what) ? { ...root, tid: root.pid } : root);
const cpuOf = (what: string): string => /^ran on (CPU \d+)(?! and)/.exec(what)?.[1] ?? 'its CPU';
const ended = (root: Culprit): string => (root.pid === 0 ? '' : ` until ${taskText(root)} woke it`);

const sentences: Readonly<Record<RootKind, (root: Culprit, thread: string) => string>> = {
  on_cpu: ({ what }, thread) => `${thread} ran on a CPU in ${what}`,
  runnable: (root, thread) =>
    root.pid === 0
      ? `${thread} was ready to run but not on a CPU (${root.what})`
      : `${thread} was ready to run but ${cpuOf(root.what)} was taken by ${processText(root)}`,
  throttled: ({ what }, thread) => `${thread} could not run since ${what} was used up`,
  lock: (root, thread) => `${thread} waited for a lock (${placeOf(root.what)})${ended(root)}`,
  gil: (root, thread) => `${thread} waited for Python's global interpreter lock${ended(root)}`,
  sleep: ({ what }, thread) => `${thread} slept by its own timer (${what})`,
  ipc: (root, thread) => `${thread} waited in ${root.what}${ended(root)}`,
  child: (root, thread) => `${thread} waited in ${root.what} for a child process${ended(root)}`,
  block_io: ({ what }, thread) => `${thread} waited for a block device (${what})`,
  writeback: ({ what }, thread) => `${thread} waited until data was written to disk (${what})`,
  page_fault: (root, thread) => `${thread} waited for pages of memory (${root.what})${ended(root)}`,
  reclaim: (_, thread) => `${thread} had to free memory first`,
  oom: (_, thread) => `${thread} ran out of memory`,
  network: (root, thread) => `${thread} waited for the network (${root.what})${ended(root)}`,
  signal: (root, thread) =>
    root.what === 'stopped by a signal'
      ? `${thread} was ${root.what}${root.pid === 0 ? '' : ` until ${taskText(root)} let it go on`}`
      : `${thread} waited for a signal (${root.what})${ended(root)}`,
  irq: (_, thread) => `interrupt handlers used the CPU of ${thread}`,
  gpu_wait: ({ what }, thread) =>
    `${thread} waited for the GPU (${placeOf(what)}; inferred from the call: the GPU itself was not watched)`,
  gpu_memory: ({ what }, thread) =>
    `${thread} waited in the GPU's allocator until the device was done with its work (${placeOf(what)}; inferred from the call)`,
  first_call: ({ what }, thread) =>
    `${thread} ran on a CPU, and it is the ${what} in this recording: lazy loading or compilation is likely`,
  observer: ({ pid, what }, thread) => `${thread} was held up by whytrace itself (pid ${pid}, ${what})`,
  unknown: (root, thread) => `${thread} waited for something that is not known (${root.what})${ended(root)}`,
};

/** "python3 (tid 123) was ready to run but CPU 1 was taken by stress (pid 4711)". */
export const causeText = (root: Culprit, thread: string): string => sentences[root.kind](root, thread);

/** "38.2 ms instead of 6.1 us (12 calls, 410 ms in total)". */
export const lengthText = (duration: number, usual: number | undefined, count: number, total: number): string => {
  const instead = usual === undefined ? '' : ` instead of ${durationText(usual)}`;
  return `${durationText(duration)}${instead}${count > 1 ? ` (the longest of ${count} calls, ${durationText(total)} in total)` : ''}`;
};

/** "94 % of it". */
export const partText = (share: number): string => (share >= 1 ? 'all of it' : `${shareText(share)} of it`);
