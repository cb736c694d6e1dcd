// The causal chains as a text that a person reads from top to bottom: verdict first, then each cause with its evidence.
// Adds no conclusion of its own: every word is a field of the answer.

import { commText } from '../../analysis/words/cause.ts';
import { headlineOf } from '../../analysis/words/headline.ts';
import { countText, durationCell, durationText, shareText } from '../../base/units.ts';
import { isRootKind } from '../../catalogue/root-kinds.ts';
import type { causalChainsAnswer } from '../tools/get-causal-chains.ts';
import type { z } from '../zod.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

type Answer = z.output<typeof causalChainsAnswer>;
type Chain = Answer['chains'][number];

const GRADES = {
  A: 'proven',
  B: 'closed intervals with a known waker',
  C: 'seen running at that time',
  D: 'inferred from the call',
  E: 'statistical',
} as const;

const WIDTH = 100;
const MOST_EVIDENCE = 8;

/** What must not be torn apart by the end of a line: a number and its unit, a command. */
const UNBROKEN = /`[^`]+`|\d (?:ns|us|ms|s|%|[KMGT]?i?B)(?![a-zA-Z])/g;
const HARD_SPACE = '\u00a0';

/** Words in lines of at most WIDTH characters: `head` before the first, as much space before the others. */
const wrapped = (text: string, head: string, width = head.length): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.replace(UNBROKEN, (part) => part.replaceAll(' ', HARD_SPACE)).split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > WIDTH - width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line, i) => (i === 0 ? head : ' '.repeat(width)) + line.replaceAll(HARD_SPACE, ' '));
};

type Named = Partial<Pick<Chain['breakdown'][number], 'comm' | 'pid' | 'tid' | 'what'>>;

/** A process by name and number, with the thread when it was one that is not the main one. */
const nameOf = ({ comm = '', pid = 0, tid = 0, what = '' }: Named): string => {
  if (comm === '' && pid === 0) return '';
  const one = tid !== pid && tid !== 0 && comm !== 'whytrace itself' && !/ with \d+ threads$/.test(what);
  const name = comm === 'whytrace itself' ? comm : commText(comm);
  return `${name} (pid ${pid}${one ? `, thread ${tid}` : ''})`;
};

const culpritText = (culprit: Chain['root'] | Chain['breakdown'][number]): string =>
  [nameOf(culprit), culprit.what ?? ''].filter((text) => text !== '').join(', ');

/** What a stall of all of a thread's time is called. */
const WALL_TIME = 'wall time';
const WHICH = { slow_call: 'call', gap: 'gap', failure: 'failed call', stall: 'stretch' } as const;

const symptomLine = ({ symptom, root }: Chain) => {
  const { kind, op, comm, pid, tid, duration_ns, start_ns, baseline_ns, count } = symptom;
  if (kind === 'stall' && op === WALL_TIME)
    return `all the time of ${nameOf({ comm, pid, tid })}: ${durationText(duration_ns)}`;
  const who = nameOf({ comm, pid, tid });
  if (kind === 'failure' && root.kind === 'oom') return `${who}: killed at ${durationText(start_ns)}`;
  if (kind === 'failure' && root.kind === 'gpu_memory')
    return `${op} of ${who}: ${countText(count, 'allocation')} without a free in ${durationText(duration_ns)}`;
  const which = WHICH[kind];
  const took = `${durationText(duration_ns)} at ${durationText(start_ns)}`;
  return [
    `${kind === 'gap' ? `gaps before ${op}` : op} of ${nameOf({ comm, pid, tid })}: `,
    count > 1
      ? `${which === 'stretch' ? `${count} slow` : countText(count, which)}, ${which === 'stretch' ? 'one of them' : 'the longest'} ${took}`
      : `${kind === 'failure' ? 'failed, ' : ''}${took}`,
    baseline_ns > 0 ? `, usually ${durationText(baseline_ns)}` : '',
  ].join('');
};

/** With the whole path, which the summary leaves out. */
const calledFrom = ({ code }: Chain['symptom']): string => {
  if (code === undefined) return '';
  const place = code.file === null ? '' : `, ${code.file}${code.line === null ? '' : `:${code.line}`}`;
  return `${code.function}${place}`;
};

/** A paragraph after a title that takes a column of its own. */
const field = (title: string, text: string, style: Style): readonly string[] =>
  text === '' ? [] : wrapped(text, `   ${style.faint(title.padEnd(11))} `, 15);

/** One chain, its lines. */
export const chainLines = (chain: Chain, number: number, style: Style): readonly string[] => {
  const { root, breakdown, links, closure } = chain;
  const parts = breakdown.map((part) => [
    shareText(part.share).padStart(6),
    durationCell(part.duration_ns),
    part.kind,
    culpritText(part),
  ]);
  const evidence = [...new Set(links.flatMap((link) => link.evidence))];
  const more = evidence.length > MOST_EVIDENCE ? `, and ${evidence.length - MOST_EVIDENCE} more` : '';
  const accounted = closure >= 1 ? 'all' : shareText(closure);
  return [
    style.bold(`${number}. ${symptomLine(chain)}`),
    ...wrapped(chain.summary, '   '),
    '',
    ...tableLines(['', '', '', ''], parts).map((line) => `   ${line}`),
    '',
    ...field('root cause', `${root.kind} ${culpritText(root)}: ${shareText(root.share)} of the time`, style).map(
      (line, i) => (i === 0 ? line.replace(root.kind, style.bad(root.kind)) : line),
    ),
    ...field(
      'certainty',
      `${shareText(chain.confidence)} (grade ${chain.grade}: ${GRADES[chain.grade]}), ${accounted} of the time accounted for`,
      style,
    ),
    ...field('called from', calledFrom(chain.symptom), style),
    ...field('evidence', `${evidence.slice(0, MOST_EVIDENCE).join(', ')}${evidence.length === 0 ? '' : more}`, style),
    ...field('checked', chain.counter_evidence.join('; '), style),
    ...chain.recommendations.flatMap((item, i) => field(i === 0 ? 'what to do' : '', item, style)),
    '',
  ];
};

const lossLines = ({ losses }: Answer, style: Style): readonly string[] =>
  losses.length === 0
    ? ['Nothing is missing from the recording in this window.']
    : [
        style.bold('Missing from the recording'),
        ...losses.map(
          ({ reason, count, start_ns, end_ns, detail }) =>
            `  ${reason}: ${count} between ${durationText(start_ns)} and ${durationText(end_ns)}${detail === null ? '' : ` (${detail})`}`,
        ),
      ];

const verdictText = ({ verdict, chains }: Answer): string => {
  const [first] = chains;
  if (verdict === 'healthy') return 'Nothing was unusually slow.';
  if (verdict === 'insufficient_evidence' || first === undefined)
    return 'The recording does not tell why: insufficient evidence.';
  const kindOf = (kind: string) => (isRootKind(kind) ? kind : 'unknown');
  const root = { ...first.root, kind: kindOf(first.root.kind) };
  const breakdown = first.breakdown.map((part) => ({ ...part, kind: kindOf(part.kind) }));
  return `${headlineOf({ ...first, root, breakdown })}.`;
};

const countOf = ({ verdict, chains }: Answer): string =>
  verdict === 'explained'
    ? `, ${countText(chains.length, 'cause')}${chains.length > 1 ? ', the biggest first' : ''}`
    : '';

/** The whole answer as text, ending in a line feed. `file` is the recording's path. */
export const renderChains = (answer: Answer, file: string, style: Style): string => {
  const { chains, window, truncated, observer, notes = [] } = answer;
  const from = window.start_ns === 0 ? '' : ` from ${durationText(window.start_ns)}`;
  return [
    ...wrapped(verdictText(answer), '').map((line) => style.bold(line)),
    style.faint(`${file}, ${durationText(window.end_ns - window.start_ns)}${from}${countOf(answer)}`),
    '',
    ...(observer === undefined ? [] : [`${observer}.`, '']),
    ...notes.flatMap((note) => [...wrapped(`${note}.`, ''), '']),
    ...chains.flatMap((chain, i) => chainLines(chain, i + 1, style)),
    ...(truncated ? ['There are more: see them with --top N.', ''] : []),
    ...lossLines(answer, style),
    '',
  ].join('\n');
};
