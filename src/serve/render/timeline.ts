// A timeline as a text that a person reads: where the time went, whom the thread waited for, a bar for each step, its longest
// waits. Adds no conclusion of its own: every word is a field of the answer.

import { countText, durationCell, durationText, shareText } from '../../base/units.ts';
import type { timelineAnswer } from '../tools/get-timeline.ts';
import type { z } from '../zod.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

type Answer = z.output<typeof timelineAnswer>;
type Who = Pick<Answer['culprits'][number], 'by' | 'pid' | 'tid' | 'comm'>;

const BAR = 50;
/** How a state looks in a bar, in the order of the columns. */
const MARKS = ['#', '=', '.', '!'] as const;

/** How it is known who it was, as a verb. */
const VERBS: Readonly<Record<string, string>> = {
  ran: 'ran instead:',
  holder: 'held by',
  waker: 'woken by',
  peer: 'other end:',
  device: 'a device',
  interrupt: 'an interrupt',
  timer: 'its own timer',
  quota: 'its quota of CPU time',
  idle: 'the CPU was idle',
  unknown: 'by whom is not known',
};

/** A time since the recording began, with as many digits as tell two times apart that lie `step` ns from each other. */
const momentText = (ns: number, step: number): string => {
  const digits = Math.ceil(10 - Math.log10(Math.max(1, step)));
  return `${(ns / 1e9).toFixed(Math.min(9, Math.max(3, digits)))} s`;
};

const nameOf = ({ pid, tid, comm }: Who): string => {
  if (pid === 0 && tid === 0) return comm;
  return `${comm === '' ? '' : `${comm} `}(pid ${pid}${tid === 0 || tid === pid ? '' : `, thread ${tid}`})`;
};
const whoText = (who: Who): string => [VERBS[who.by] ?? who.by, nameOf(who)].filter((text) => text !== '').join(' ');

/** A share as it was rounded, but never 0 % for more than nothing. */
const partText = (share: number, duration_ns: number): string =>
  shareText(duration_ns > 0 ? Math.max(share, Number.MIN_VALUE) : share);

const stateLines = ({ states }: Answer): readonly string[] =>
  tableLines(
    ['', '', '', '', ''],
    states.map(({ state, kind, count, duration_ns, share }) => [
      partText(share, duration_ns),
      durationCell(duration_ns),
      state,
      kind === state ? '' : kind,
      countText(count, 'time'),
    ]),
  );

const culpritLines = ({ culprits, culprits_total }: Answer): readonly string[] => [
  ...tableLines(
    ['', '', '', '', ''],
    culprits.map(({ kind, duration_ns, share, evidence, ...who }) => [
      partText(share, duration_ns),
      durationCell(duration_ns),
      kind,
      whoText(who),
      evidence.join(', '),
    ]),
  ),
  ...(culprits.length < culprits_total
    ? [`and ${culprits_total - culprits.length} more: see them with --limit N`]
    : []),
];

/** A bar of the shares of one step: every state that there is gets at least one mark. */
const barOf = (shares: readonly number[]): string => {
  let filled = 0;
  let shown = 0;
  return shares
    .map((share, i) => {
      filled += share * BAR;
      const end = share > 0 ? Math.max(shown + 1, Math.round(filled)) : shown;
      const marks = (MARKS[i] ?? '?').repeat(Math.min(BAR, end) - Math.min(BAR, shown));
      shown = end;
      return marks;
    })
    .join('')
    .padEnd(BAR);
};

const stepLines = ({ steps: { rows }, start_ns, end_ns }: Answer): readonly string[] =>
  tableLines(
    ['', '', ''],
    rows.map(([start, state, kind, ...shares]) => [
      momentText(Number(start), (end_ns - start_ns) / rows.length),
      `|${barOf(shares.map(Number))}|`,
      state === kind ? String(state) : `${state} ${kind}`,
    ]),
  );

const waitLines = ({ waits, waits_total }: Answer): readonly string[] => [
  ...waits.flatMap(
    ({ id, start_ns, duration_ns, runnable_ns, kind, what, queue_ns, device_ns, request, calls, code, ...who }) => [
      `${durationCell(duration_ns).padStart(8)} at ${momentText(start_ns, duration_ns)}: ${kind}${what === '' ? '' : ` ${what}`}, ${whoText(who)}`,
      `         ${[
        id,
        ...(runnable_ns > 0 && kind !== 'runnable' ? [`ready for ${durationText(runnable_ns)} of it`] : []),
        ...(queue_ns === undefined || device_ns === undefined
          ? []
          : [`${request}: ${durationText(queue_ns)} queued, ${durationText(device_ns)} in the device`]),
        ...(calls === undefined ? [] : [`in ${calls.join(', ')}`]),
        ...(code === undefined ? [] : [`from ${code}`]),
      ].join('; ')}`,
    ],
  ),
  ...(waits.length < waits_total ? [`${waits.length} of ${waits_total}: see more with --limit N`] : []),
];

const section = (title: string, lines: readonly string[], style: Style): readonly string[] =>
  lines.length === 0 ? [] : ['', style.bold(title), ...lines.map((line) => `  ${line}`.trimEnd())];

/** An answer of get_timeline as text, ending in a line feed. */
export const renderTimeline = (answer: Answer, style: Style): string => {
  const { pid, tid, comm, start_ns, end_ns, closure, confidence, losses, notes } = answer;
  const length = end_ns - start_ns;
  const span = `${momentText(start_ns, length)} to ${momentText(end_ns, length)}, ${durationText(length)}`;
  return `${[
    style.bold(`${comm} (pid ${pid}, thread ${tid}), ${span}`),
    `${shareText(closure)} of it accounted for, certainty ${shareText(confidence)}`,
    ...section('Where the time went', stateLines(answer), style),
    ...section('Whom it waited for', culpritLines(answer), style),
    ...section('Step by step (# running, = ready without a CPU, . blocked, ! throttled)', stepLines(answer), style),
    ...section('Longest waits', waitLines(answer), style),
    ...section(
      'Missing in this window',
      losses.map(
        (loss) =>
          `${loss.reason}: ${loss.count} between ${durationText(loss.start_ns)} and ${durationText(loss.end_ns)}`,
      ),
      style,
    ),
    ...section(
      'Notes',
      notes.map((note) => `- ${note}`),
      style,
    ),
  ].join('\n')}\n`;
};
