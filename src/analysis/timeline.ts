// What one thread did in a window: the time in each state, whom it waited for, the shape of it in steps, its longest waits.
// All of it adds up to the window. Judges nothing: what of it is slow or why is asked elsewhere.
import { cleanText } from '../base/sanitize.ts';
import { type Happening, readHappenings } from '../store/read-happenings.ts';
import type { TaskRow } from '../store/read-tasks.ts';
import { readWaitDetails } from '../store/read-wait-details.ts';
import type { Recording, WaitRow, Window } from '../store/recording.ts';
import { endedWaits } from './causes/keeper.ts';
import { confidenceOf, isHarmful } from './confidence.ts';
import { isInside, type LossSum, lossesAbout, sumLosses } from './losses.ts';
import { sharesOf } from './shares.ts';
import { type AwaitedPart, createAwaited } from './timeline/awaited.ts';
import { batchesOf } from './timeline/batches.ts';
import { type CulpritTotal, createCulprits } from './timeline/culprits.ts';
import { createLongest, type LongWait, longWait } from './timeline/longest-waits.ts';
import { type Read, readsOf } from './timeline/reads.ts';
import { createStretches, type Stretch } from './timeline/states.ts';
import { createSteps, type Step } from './timeline/steps.ts';
import { createTotals, type StateTotal } from './timeline/totals.ts';

export type Timeline = {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly window: Window;
  /** In the order of states; their durations add up to the window, their shares to 1. */
  readonly states: readonly StateTotal[];
  /** Part of the window that the states account for; 0 when the scheduler was not recorded. */
  readonly closure: number;
  /** How far to trust it, 0 to 1: less for each loss that touches the window, and for waits that contradict one another. */
  readonly confidence: number;
  /** Intervals that overlap another one of this thread. */
  readonly contradictions: number;
  /** Whom it waited for, most time first, with shares of the window. */
  readonly culprits: readonly (CulpritTotal & { readonly share: number })[];
  readonly steps: readonly Step[];
  /** Longest first. */
  readonly waits: readonly LongWait[];
  /** Waits that touch the window. */
  readonly waits_total: number;
  /** Of a window with very many waits: the part of it that was read. All but its longest waits is then an estimate. */
  readonly read_share: number;
  /** Whether no wait of the window is longer than the longest here. */
  readonly has_longest: boolean;
  readonly losses: readonly LossSum[];
  /** In the turns on a CPU that ended in the window: what interrupts took from them, and minor page faults. */
  readonly turns: { readonly irq_ns: number; readonly stolen_ns: number; readonly minor_faults: number };
  /** What overlaps the states without being one: memory reclaim, signals. */
  readonly happenings: readonly Happening[];
};

/** `steps` and `waits` say how many of each are wanted. */
export type TimelineSize = { readonly steps: number; readonly waits: number };

const NAME = 16;
/** How long after a wait the one is looked for that goes on with it, in ns. */
const GOES_ON_NS = 100e6;

/** The timeline of a thread in a window that lies within its life. `comms` are the names of threads by id. */
export const timelineOf = (
  recording: Recording,
  { pid, tid, comm }: Pick<TaskRow, 'pid' | 'tid' | 'comm'>,
  window: Window,
  comms: ReadonlyMap<number, string>,
  size: TimelineSize,
): Timeline => {
  // Of a tool that kept rows by choice and did not count the others, time without a row may be waiting.
  const isTold = !recording.lacks.has('row_counts');
  const reads = recording.hasWaits ? readsOf(recording, tid, window, size.steps) : [];
  const length = window.end_ns - window.start_ns;
  const read = reads.reduce((sum, part) => sum + part.end_ns - part.start_ns, 0);
  const isWhole = reads.every(({ weight }) => weight === 1);
  const totals = createTotals();
  const culprits = createCulprits();
  const steps = createSteps(window, size.steps);
  const longest = createLongest(size.waits);
  const detailsOf = (waits: readonly WaitRow[]) =>
    readWaitDetails(
      recording.database,
      waits.map(({ id }) => id),
    );
  const turns = { irq_ns: 0, stolen_ns: 0, minor_faults: 0 };
  let count = 0;
  let contradictions = 0;
  const add = (stretch: Stretch, parts: readonly AwaitedPart[], { start_ns, weight }: Read) => {
    // What reaches into a part from before it is counted where it begins.
    const rows = stretch.wait?.weight ?? 1;
    totals.add(stretch, weight, isWhole || stretch.start > start_ns ? weight * rows : 0);
    steps.add(stretch);
    if (stretch.wait !== undefined) culprits.add(stretch.wait.id, parts, weight, weight * rows);
    if (isWhole) longest.add(stretch, parts);
  };
  for (const part of reads) {
    const { weight } = part;
    const stretches = createStretches(part, isTold ? 'on_cpu' : 'unknown');
    for (const { waits, span } of batchesOf(recording, { pid, tid }, part)) {
      const details = detailsOf(waits);
      const awaited = createAwaited(recording, { pid, tid }, span, details, comms);
      for (const wait of waits) {
        for (const stretch of stretches.next(wait)) add(stretch, awaited(stretch), part);
        // A wait that reaches into several parts counts where it begins.
        if (isWhole || wait.start_ns >= part.start_ns) count += weight * (wait.weight ?? 1);
        if (wait.start_ns < part.start_ns) continue;
        turns.irq_ns += weight * (details.get(wait.id)?.irq_ns ?? 0);
        turns.stolen_ns += weight * (details.get(wait.id)?.stolen_ns ?? 0);
        turns.minor_faults += weight * (details.get(wait.id)?.minor_faults ?? 0);
      }
    }
    for (const stretch of stretches.rest()) add(stretch, [], part);
    contradictions += stretches.contradictions();
  }
  const missed = isWhole ? { waits: [], isWhole } : recording.longestWaits(tid, window, size.waits);
  for (const found of missed.waits) {
    if (found.pid !== pid) continue;
    const span = { start_ns: found.start_ns, end_ns: found.start_ns + found.duration_ns };
    const following = recording.waitsOf(tid, { ...span, end_ns: span.end_ns + GOES_ON_NS });
    const wait = endedWaits(recording, following).find(({ id }) => id === found.id) ?? found;
    const awaited = createAwaited(recording, { pid, tid }, span, detailsOf([wait]), comms);
    for (const stretch of createStretches(window).next(wait))
      if (stretch.wait !== undefined) longest.add(stretch, awaited(stretch));
  }

  const states = totals.totals(isWhole ? undefined : length);
  const accounted = states.reduce(
    (sum, { state, duration_ns }) => sum + (isTold || state !== 'running' ? duration_ns : 0),
    0,
  );
  const waitedFor = culprits.totals();
  const waited = waitedFor.reduce((sum, { duration_ns }) => sum + duration_ns, 0);
  const shares = sharesOf([...waitedFor.map(({ duration_ns }) => duration_ns), Math.max(0, length - waited)]);
  const losses = sumLosses(lossesAbout(recording, window, tid));
  const longestWaits = longest.waits();
  const details = detailsOf(longestWaits.map(({ wait }) => wait));
  return {
    ...{ pid, tid, comm: cleanText(comm, NAME), window, states, contradictions },
    closure: accounted / length,
    confidence: confidenceOf(
      'A',
      losses.filter((loss) => isHarmful(loss) && isInside(loss, window)).length + (contradictions > 0 ? 1 : 0),
    ),
    culprits: waitedFor.map((culprit, i) => ({ ...culprit, share: shares[i] ?? 0 })),
    steps: recording.hasWaits ? steps.steps() : [],
    waits: longestWaits.map((candidate) => longWait(recording, candidate, details.get(candidate.wait.id))),
    waits_total: Math.round(count),
    read_share: isWhole ? 1 : read / length,
    has_longest: missed.isWhole,
    losses,
    turns: {
      irq_ns: Math.round(turns.irq_ns),
      stolen_ns: Math.round(turns.stolen_ns),
      minor_faults: Math.round(turns.minor_faults),
    },
    happenings: readHappenings(recording.database, { pid, tid }, window),
  };
};
