// What the chains of all symptoms are made of: links, and the root's words.
import { quotedName } from '../base/quote.ts';
import { countText } from '../base/units.ts';
import type { Recording, Window } from '../store/recording.ts';
import { diskUseText } from './causes/disk-use.ts';
import { sampledIn } from './causes/sampled.ts';
import { sentAgainRows, sentAgainText } from './causes/sent-again.ts';
import type { Culprit, Link } from './chain.ts';
import { codeOfStack, sameCode } from './cluster-code.ts';
import { type CodeLine, codeText } from './code-line.ts';
import type { Part } from './pieces.ts';

/** Links besides the root's own, and rows that one link names. */
const MORE_LINKS = 1;
const ROWS = 2;
const SMALLEST_LINK = 0.25;

/** `known`: the line that the symptom has, which a link need not repeat. */
const createLink =
  (recording: Recording, tid: number, known: CodeLine | undefined) =>
  (part: Part, rows: readonly string[]): readonly Link[] => {
    const codeOf = (stack: number | null | undefined): { readonly code?: string } => {
      const code = codeOfStack(recording, stack ?? null);
      return code === undefined || sameCode(code, known) ? {} : { code: codeText(code) };
    };
    const steps = part.path.map(
      ({ kind, from_tid, to, start_ns, end_ns, rows: own, stack }, i): Link => ({
        ...{ from_tid, to_tid: to.tid, kind, start_ns, end_ns },
        evidence: [...(i === 0 ? rows : []), ...own.slice(0, ROWS)],
        ...codeOf(stack),
      }),
    );
    const { kind, tid: to, start_ns, end_ns, evidence, stack } = part;
    const last: Link = {
      ...{ from_tid: part.path.at(-1)?.to.tid ?? tid, to_tid: to, kind, start_ns, end_ns },
      evidence: [
        ...(steps.length === 0 ? rows : []),
        ...evidence.slice(0, 1),
        // Before further waits, which go first where there is little room.
        ...(kind === 'network' ? sentAgainRows(recording, part) : []),
        ...evidence.slice(1, ROWS),
      ],
      ...codeOf(stack),
    };
    return [...steps, last];
  };

/** What links are made of: the thread, its parts and the one that is the root, and the rows of the symptom. */
export type Linked = {
  readonly tid: number;
  readonly parts: readonly Part[];
  readonly part: Part;
  readonly root: Culprit;
  readonly rows: readonly string[];
  /** The symptom's line. */
  readonly code: CodeLine | undefined;
};

/** The way to the root, and to another cause that is large. */
export const linksOf = (recording: Recording, { tid, parts, part, root, rows, code }: Linked): readonly Link[] => {
  const total = parts.reduce((sum, { duration_ns }) => sum + duration_ns, 0);
  const others = parts.filter(
    (other) => other !== part && other.evidence.length > 0 && other.duration_ns >= SMALLEST_LINK * total,
  );
  const link = createLink(recording, tid, code);
  const main = link(part, rows);
  return [
    ...main.map((each, i) => (i === main.length - 1 ? { ...each, kind: root.kind } : each)),
    ...others.slice(0, MORE_LINKS).flatMap((other) => link(other, [])),
  ];
};

/** The root with its words: time in its own code is named by the function that CPU samples found it in. */
export const namedRoot = (
  recording: Recording,
  root: Culprit,
  part: Part,
  stretches: readonly { readonly tid: number; readonly window: Window }[],
): Culprit => {
  const { kind, pid, tid, comm } = root;
  if (kind === 'throttled') {
    const cgroup = recording.processes().find((process) => process.pid === pid)?.cgroup;
    return {
      kind,
      pid,
      tid,
      comm,
      what: cgroup == null ? part.what : `the CPU quota of cgroup ${quotedName(cgroup, 80)}`,
    };
  }
  if (kind === 'block_io' || kind === 'writeback' || kind === 'page_fault') {
    const windows = stretches.map(({ window }) => window);
    return { kind, pid, tid, comm, what: root.what + diskUseText(recording, root, part, windows) };
  }
  if (kind === 'network') {
    const windows = stretches.map(({ window }) => window);
    return { kind, pid, tid, comm, what: root.what + sentAgainText(recording, part, windows) };
  }
  if (kind !== 'on_cpu') return { kind, pid, tid, comm, what: root.what };
  const sampled = sampledIn(recording, stretches);
  const found =
    sampled === undefined
      ? ''
      : `, ${sampled.count} of ${countText(sampled.samples, 'CPU sample')} in ${sampled.where}`;
  return { kind, pid, tid, comm, what: root.what + found };
};
