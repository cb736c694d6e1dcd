// The causal chains as a text that a person reads from top to bottom: verdict first, then each cause with its evidence.
// Adds no conclusion of its own: every word is a field of the answer.

import { formatTime } from '../time-text.ts';
import type { causalChainsAnswer } from '../tools/get-causal-chains.ts';
import type { z } from '../zod.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

type Answer = z.output<typeof causalChainsAnswer>;
type Chain = Answer['chains'][number];

const GRADES = {
  A: 'proven by a matching key',
  B: 'closed intervals with a known waker',
  C: 'seen running at that time',
  D: 'inferred from the call',
  E: 'statistical',
} as const;

const VERDICTS = {
  explained: (n: number) => (n === 1 ? 'One cause of slowness was found.' : `${n} causes of slowness were found.`),
  healthy: () => 'Nothing was unusually slow.',
  insufficient_evidence: () => 'The recording does not tell why: insufficient evidence.',
} as const;

const WIDTH = 100;

/** Words in lines of at most WIDTH characters, each after `indent`. */
const wrapped = (text: string, indent: string): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > WIDTH - indent.length) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line) => indent + line);
};

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const nameOf = ({ comm, pid, tid }: { comm: string; pid: number; tid: number }): string =>
  comm === '' && pid === 0 ? '' : `${comm} (pid ${pid}${tid === pid || tid === 0 ? '' : `, thread ${tid}`})`;

const symptomLine = ({ op, comm, pid, tid, duration_ns, start_ns, baseline_ns, count }: Chain['symptom']): string =>
  [
    `${op} of ${nameOf({ comm, pid, tid })}: ${formatTime(duration_ns)} at ${formatTime(start_ns)}`,
    baseline_ns > 0 ? `, usually ${formatTime(baseline_ns)}` : '',
    count > 1 ? `, ${count} like it` : '',
  ].join('');

const bulletLines = (title: string, items: readonly string[], style: Style): readonly string[] =>
  items.length === 0
    ? []
    : [
        `   ${style.faint(title)}`,
        ...items.flatMap((item) =>
          wrapped(item, '       ').map((line, i) => (i === 0 ? line.replace(/^ {7}/, '     - ') : line)),
        ),
      ];

const chainLines = (chain: Chain, number: number, style: Style): readonly string[] => {
  const { root, breakdown, links } = chain;
  const parts = breakdown.map((part) => [
    percent(part.share),
    formatTime(part.duration_ns),
    part.kind,
    [nameOf(part), part.what].filter((text) => text !== '').join(', '),
  ]);
  const evidence = [...new Set(links.flatMap((link) => link.evidence))];
  const more = evidence.length > 8 ? `, and ${evidence.length - 8} more` : '';
  return [
    style.bold(`${number}. ${symptomLine(chain.symptom)}`),
    ...wrapped(chain.summary, '   '),
    '',
    `   ${style.faint('where the time went')}`,
    ...tableLines(['', '', '', ''], parts).map((line) => `     ${line}`),
    `   ${style.faint('root cause')}  ${style.bad(root.kind)} ${[nameOf(root), root.what].filter((text) => text !== '').join(', ')}: ${percent(root.share)} of it`,
    `   ${style.faint('certainty')}   ${percent(chain.confidence)}, grade ${chain.grade} (${GRADES[chain.grade]}), ${percent(chain.closure)} of the time accounted for`,
    ...(evidence.length === 0 ? [] : [`   ${style.faint('evidence')}    ${evidence.slice(0, 8).join(', ')}${more}`]),
    ...bulletLines('ruled out', chain.counter_evidence, style),
    ...bulletLines('what to do', chain.recommendations, style),
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
            `  ${reason}: ${count} between ${formatTime(start_ns)} and ${formatTime(end_ns)}${detail === null ? '' : ` (${detail})`}`,
        ),
      ];

/** The whole answer as text, ending in a line feed. `file` is the recording's path. */
export const renderChains = (answer: Answer, file: string, style: Style): string => {
  const { chains, verdict, window, truncated } = answer;
  const length = formatTime(window.end_ns - window.start_ns);
  return [
    style.bold(VERDICTS[verdict](chains.length)),
    style.faint(`${file}, ${length} from ${formatTime(window.start_ns)}`),
    '',
    ...chains.flatMap((chain, i) => chainLines(chain, i + 1, style)),
    ...(truncated ? ['There are more: see them with --top N.', ''] : []),
    ...lossLines(answer, style),
    '',
  ].join('\n');
};
