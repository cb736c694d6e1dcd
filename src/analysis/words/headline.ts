// One line that answers before anything else is read: what is slow, and through whom. Says no more than the chain does.
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { Chain, Culprit } from '../chain.ts';
import { causeText, processText, taskText } from './cause.ts';

/** "…until data-loader (pid 12) wakes it", when it is known who. */
const untilWoken = (root: Culprit): string => (root.pid === 0 ? '' : ` until ${taskText(root)} wakes it`);

const because: Readonly<Record<RootKind, (root: Culprit) => string>> = {
  on_cpu: () => 'its thread runs on a CPU inside it (working, or spinning until something happens)',
  runnable: (root) =>
    root.pid === 0 ? 'its thread is ready but does not get a CPU' : `${processText(root)} takes its CPU`,
  throttled: ({ what }) => `${what} is used up`,
  lock: (root) => `it waits for a lock (futex)${untilWoken(root)}`,
  gil: (root) => `it waits for Python's global interpreter lock${untilWoken(root)}`,
  sleep: () => 'its thread sleeps inside it',
  ipc: (root) => `it waits in ${root.what}${untilWoken(root)}`,
  child: (root) => `it waits for ${root.pid === 0 ? 'a child process' : `its child process ${taskText(root)}`}`,
  block_io: ({ what }) => `it waits for a disk (${what})`,
  writeback: () => 'it waits until data is written to disk',
  page_fault: (root) =>
    root.pid === 0 ? 'its memory has to be read from disk first' : `it waits for pages of memory${untilWoken(root)}`,
  reclaim: () => 'memory has to be freed for it first',
  oom: () => 'there is no memory left',
  network: (root) => `it waits for the network${untilWoken(root)}`,
  signal: (root) =>
    root.what === 'stopped by a signal'
      ? `its thread is stopped by a signal${root.pid === 0 ? '' : ` until ${taskText(root)} lets it go on`}`
      : `its thread waits for a signal${untilWoken(root)}`,
  irq: () => 'interrupt handlers take its CPU',
  gpu_wait: () => 'it waits for the GPU (inferred from the call: the GPU itself was not watched)',
  gpu_memory: () => "the GPU's allocator waits until the device is done with its work",
  first_call: () => 'it was called for the first time: lazy loading or compilation is likely',
  observer: ({ pid }) => `whytrace itself (pid ${pid}) takes its CPU`,
  unknown: ({ what }) => `it waits for something that is not known (${what})`,
};

type Headed = Pick<Chain, 'root'> & {
  readonly breakdown: readonly Pick<Chain['breakdown'][number], 'kind' | 'share'>[];
} & { readonly via?: readonly string[] | undefined } & {
  readonly symptom: Pick<Chain['symptom'], 'kind' | 'op' | 'pid' | 'tid' | 'comm'>;
};

/** Whether others than the named culprit had more of the same kind of time than it. */
const isOneOfMany = ({ root, breakdown }: Headed): boolean =>
  breakdown.reduce((sum, { kind, share }) => sum + (kind === root.kind ? share : 0), 0) > 2 * root.share;

/** What is wrong, so that a reason can follow. */
const slownessOf = ({ symptom }: Headed): string => {
  switch (symptom.kind) {
    case 'gap':
      return `the device gets no work from ${taskText(symptom)} for a good part of the time`;
    case 'stall':
      return `${taskText(symptom)} loses time`;
    default:
      return `${symptom.op} is slow`;
  }
};

/** "cudaMemcpyAsync is slow because stress (pid 4711) takes its CPU", without a full stop. */
export const headlineOf = (chain: Headed): string => {
  const { symptom, root } = chain;
  if (symptom.kind === 'failure' && root.kind === 'oom') return `${taskText(symptom)} was killed for lack of memory`;
  if (symptom.kind === 'failure' && root.kind === 'gpu_memory')
    return `${taskText(symptom)} takes ever more memory: ${root.what}`;
  if (symptom.kind === 'failure') return `${symptom.op} fails: ${root.what}`;
  const [first, ...others] = chain.via ?? [];
  if (first !== undefined) {
    const last = others.at(-1);
    const through = last === undefined ? first : `${first}, and that for ${last}`;
    return `${slownessOf(chain)} because it waits for ${through}, ${causeText(root, 'which')}`;
  }
  if (symptom.kind !== 'slow_call' && root.kind === 'on_cpu')
    return `${slownessOf(chain)} because it computes (${root.what})`;
  const why =
    root.kind === 'runnable' && root.pid !== 0 && isOneOfMany(chain)
      ? `${processText(root)} and others take its CPU`
      : root.kind === 'runnable' && root.pid === symptom.pid
        ? 'other threads of its own process take its CPU'
        : because[root.kind](root);
  return `${slownessOf(chain)} because ${why}`;
};
