// How sure an answer may be: what its evidence can prove, less what is missing around it.
import type { LossRow } from '../store/recording.ts';
import type { Grade } from './chain.ts';

const OF_GRADE: Readonly<Record<Grade, number>> = { A: 0.97, B: 0.85, C: 0.95, D: 0.6, E: 0.5 };
const HIGHEST = 0.99;
const LOWEST = 0.05;
const STEP = 0.1;

/** Losses that do not touch what a slow call is explained by. */
const HARMLESS: ReadonlySet<string> = new Set([
  'ring_full_stack',
  'shed_sample',
  'shed_stack',
  'shed_call',
  'stack_failed',
  'stack_unnamed',
  'python_table_full',
  'return_without_entry',
  'call_abandoned',
  'call_unfinished',
  'late_attach',
  'probe_failed',
  'call_sampled',
  'total_missing',
  'row_left_out',
  'sample_pruned',
  'stack_pruned',
  'live_pruned',
  'live_limited',
  'live_lost',
  'live_ended',
  'watch_partial',
  'alert_held_back',
]);

/** Whether a loss can make an explanation wrong. */
export const isHarmful = ({ reason }: LossRow): boolean => !HARMLESS.has(reason);

/** Of several steps that must all be right, the one of which that is least sure. */
export const weakest = (grades: readonly Grade[]): Grade =>
  grades.reduce((worst, grade) => (OF_GRADE[grade] < OF_GRADE[worst] ? grade : worst));

/** Confidence of a grade, 0.1 less for each doubt: a harmful loss that touches the call, rows that contradict each other. */
export const confidenceOf = (grade: Grade, doubts: number): number => {
  const value = Math.min(HIGHEST, Math.max(LOWEST, OF_GRADE[grade] - STEP * doubts));
  return Math.round(value * 100) / 100;
};

/** Of what the recorder itself did mostly: less than any cause of the program's own. */
export const OF_OBSERVER = 0.2;

/** A confidence where the recorder took part of the time (0 to 1): so much of the explanation is our own doing. */
export const besidesObserver = (confidence: number, observed: number): number =>
  Math.max(LOWEST, Math.round(confidence * (1 - Math.min(1, observed)) * 100) / 100);

/** How much surer one is of a cause than of time without a CPU which nobody is known to have had. */
const NOBODY = 0.5;

/** A confidence that a thread had no CPU when nothing else ran there: that CPU woke late, or the hypervisor had it. */
export const withNobody = (
  confidence: number,
  { kind, pid }: { readonly kind: string; readonly pid: number },
): number => (kind === 'runnable' && pid === 0 ? besidesObserver(confidence, NOBODY) : confidence);
