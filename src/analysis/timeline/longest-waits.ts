// The longest waits of a thread one by one: what for, who ended them, what the block layer says, which calls they were in.
import { quotedName } from '../../base/quote.ts';
import type { RequestRow, WaitDetails } from '../../store/read-wait-details.ts';
import type { Recording, WaitRow } from '../../store/recording.ts';
import { blockedCause } from '../causes/blocked.ts';
import { codeOfStack } from '../cluster-code.ts';
import { codeText } from '../code-line.ts';
import type { Awaited, AwaitedPart } from './awaited.ts';
import type { Stretch } from './states.ts';

export type LongWait = Awaited & {
  /** As "waits:ID". */
  readonly id: string;
  readonly start_ns: number;
  readonly duration_ns: number;
  /** The last part of it, ready but waiting for a CPU. */
  readonly runnable_ns: number;
  /** Lock, file, socket or system call. Words of strangers are in it. */
  readonly what: string;
  readonly request: RequestRow | undefined;
  /** Library calls that it was in, the outermost first, as "calls:ID". */
  readonly calls: readonly { readonly id: string; readonly op: string }[];
  /** Where in the user's own code it waited: "forward() at train.py:142". A stranger's words. */
  readonly code: string | undefined;
};

const FILE = 120;

type Part = { readonly stretch: Stretch; readonly parts: readonly AwaitedPart[] };
export type Candidate = { readonly wait: WaitRow; readonly inside: number; readonly longest: Part };

const lengthOf = ({ start, end }: Stretch): number => end - start;
const longestFirst = (a: Candidate, b: Candidate) => b.inside - a.inside || a.wait.id - b.wait.id;

/** Collects the longest waits, by their time inside the window. */
export const createLongest = (most: number) => {
  let best: Candidate[] = [];
  let current: Candidate | undefined;
  const settle = () => {
    if (current === undefined) return;
    best.push(current);
    // Sorted only now and then: a window may hold a million of them.
    if (best.length > 4 * most + 64) best = best.sort(longestFirst).slice(0, most);
    current = undefined;
  };
  return {
    /** Takes the stretches of a window in order; those of one wait follow one another. */
    add: (stretch: Stretch, parts: readonly AwaitedPart[]): void => {
      const { wait } = stretch;
      if (current?.wait !== wait) settle();
      if (wait === undefined) return;
      const before = current;
      const part = { stretch, parts };
      const longest =
        before === undefined || lengthOf(stretch) > lengthOf(before.longest.stretch) ? part : before.longest;
      current = { wait, inside: (before?.inside ?? 0) + lengthOf(stretch), longest };
    },
    waits: (): readonly Candidate[] => {
      settle();
      return best.sort(longestFirst).slice(0, most);
    },
  };
};

/** The one who took most of a part. */
const mainOf = ({ stretch, parts }: Part): Awaited => {
  const [first, ...others] = parts;
  if (first === undefined) return { kind: stretch.kind, by: 'unknown', pid: 0, tid: 0, comm: '' };
  return others.reduce((most, part) => (part.duration_ns > most.duration_ns ? part : most), first).awaited;
};

const whatOf = (wait: WaitRow, details: WaitDetails | undefined): string => {
  const ready = wait.kind === 'runnable' || wait.kind === 'throttled';
  const what = ready ? '' : blockedCause(wait).what;
  const file = details?.file ?? null;
  const named = ready || file === null || what.includes(file) ? what : `${what}: ${quotedName(file, FILE)}`;
  return [named, details?.open === 1 ? 'not over when the recording ended' : '']
    .filter((text) => text !== '')
    .join(', ');
};

/** What is known of a wait. The kind and the culprit are those of its longer part, blocked or ready. */
export const longWait = (
  recording: Recording,
  { wait, longest }: Candidate,
  details: WaitDetails | undefined,
): LongWait => {
  const end = wait.start_ns + wait.duration_ns;
  const code = codeOfStack(recording, wait.stack);
  return {
    ...mainOf(longest),
    id: `waits:${wait.id}`,
    start_ns: wait.start_ns,
    duration_ns: wait.duration_ns,
    runnable_ns: wait.kind === 'throttled' ? 0 : wait.runnable_ns,
    what: whatOf(wait, details),
    request: details?.request ?? undefined,
    calls: recording
      .callsOf(wait.tid, { start_ns: wait.start_ns, end_ns: end })
      .toSorted((a, b) => a.depth - b.depth || a.start_ns - b.start_ns || a.id - b.id)
      .map(({ id, op }) => ({ id: `calls:${id}`, op })),
    code: code === undefined ? undefined : codeText(code),
  };
};
