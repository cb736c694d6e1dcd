// Says how a thread's waiting led to another's: "waited for data-loader (pid 12), which waited for writer (pid 13)".
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { Culprit } from '../chain.ts';
import type { Hop } from '../pieces.ts';
import { causeText, commText, placeOf, taskText } from './cause.ts';

type ForOthers = (to: Culprit) => string;

const waitedFor: Readonly<Partial<Record<RootKind, ForOthers>>> = {
  lock: (to) => `waited for a lock (${placeOf(to.what)}) until ${taskText(to)} gave it up`,
  gil: (to) => `waited for Python's global interpreter lock until ${taskText(to)} gave it up`,
  child: (to) => `waited for its child ${taskText(to)}`,
  network: (to) => `waited for ${taskText(to)} over the network (${to.what})`,
};
const other: ForOthers = (to) => `waited for ${taskText(to)} (${placeOf(to.what)})`;

/** Steps that are told; those between are counted. */
const TOLD = 3;

/** The end of a sentence: the way from a thread (or "it") to the cause, and the cause. */
export const wayText = (
  root: Culprit,
  path: readonly Hop[],
  of: string | { readonly tid: number; readonly comm: string },
): string => {
  const thread = typeof of === 'string' ? of : `${commText(of.comm)} (tid ${of.tid})`;
  if (path.length === 0) return causeText(root, thread);
  const told = path.length <= TOLD ? path : [...path.slice(0, TOLD - 1), ...path.slice(-1)];
  const steps = told.map(({ kind, to }) => (waitedFor[kind] ?? other)(to));
  const between = path.length - told.length;
  const first = `${thread} ${steps[0] ?? ''}`;
  const rest = steps.slice(1).map((step) => `, which ${step}`);
  const skipped = between === 0 ? '' : `, ${between} steps further on`;
  return `${[first, ...rest.slice(0, -1)].join('')}${skipped}${rest.at(-1) ?? ''}, ${causeText(root, 'which')}`;
};
