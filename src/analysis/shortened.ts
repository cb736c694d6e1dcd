// Fits a chain into the length of an answer: what matters least goes first. Changes no number and no cause.
import type { BreakdownPart, Chain, Link } from './chain.ts';
import { shortPath } from './frame-text.ts';
import type { Part } from './pieces.ts';
import { breakdownOf } from './shares.ts';
import { ABSENT } from './words/counter-evidence.ts';

/** Tokens of a chain as JSON: 400 as tokenizers of language models count, which split some long words. */
const LONGEST = 360;
/** Kinds of time below this share are one line when there is no room. */
const LEAST_SHARE = 0.005;
/** Rows that one link names then. */
const ROWS = 2;

/** Leaves out one thing of a chain. `parts` are those of its breakdown, `steps` the links of the way to its root, `via` whom it leads through. */
type Cut = (chain: Chain, parts: readonly Part[], steps: number, plain: string, via?: readonly string[]) => Chain;

/** Lines of the same kind that name nobody as one. */
const together = (parts: readonly BreakdownPart[]): readonly BreakdownPart[] => {
  const isBare = (part: BreakdownPart) => part.pid === 0 && part.what === '';
  return parts.flatMap((part) => {
    if (!isBare(part)) return [part];
    const alike = parts.filter((other) => isBare(other) && other.kind === part.kind);
    if (alike[0] !== part) return [];
    const duration_ns = alike.reduce((sum, one) => sum + one.duration_ns, 0);
    return [{ ...part, duration_ns, share: Math.round(alike.reduce((sum, one) => sum + one.share, 0) * 1000) / 1000 }];
  });
};

/** The numbers of a task in a sentence: of the root's they stand there. */
const NUMBERS = / \(pid [^()]*\)/g;

/** Threads on the way to the root by name alone: which they are stands in the links. */
const byName = (summary: string, via: readonly string[] = []): string =>
  via.reduce((text, who) => text.replace(who, who.replace(/ \(pid [^()]*\)$/, '')), summary);

/** The row of the symptom, and of each step the one of the wait. */
const onlyFirstRows = (link: Link, i: number): Link => ({
  ...link,
  evidence: link.evidence.slice(0, i === 0 ? ROWS : 1),
});

const withoutCode = ({ code: _, ...symptom }: Chain['symptom']): Chain['symptom'] => symptom;

/** What matters least first. */
const cuts: readonly Cut[] = [
  (chain, parts, steps) => ({
    ...chain,
    breakdown: breakdownOf(parts, { named: 2, least: 0, isBare: false }),
    links: chain.links.slice(0, Math.max(1, steps)),
  }),
  (chain) => ({ ...chain, recommendations: chain.recommendations.slice(0, 1) }),
  (chain) => ({ ...chain, counter_evidence: chain.counter_evidence.filter((line) => !line.startsWith(ABSENT)) }),
  (chain, parts) => ({ ...chain, breakdown: breakdownOf(parts, { named: 1, least: 0, isBare: true }) }),
  (chain) => ({ ...chain, counter_evidence: chain.counter_evidence.slice(0, 1) }),
  (chain, parts) => ({ ...chain, breakdown: breakdownOf(parts, { named: 1, least: LEAST_SHARE, isBare: true }) }),
  (chain) => ({
    ...chain,
    links: chain.links.map(({ code: _, ...link }) => ({ ...link, evidence: link.evidence.slice(0, ROWS) })),
  }),
  ({ via: _, ...chain }) => chain,
  (chain) => ({ ...chain, breakdown: together(chain.breakdown) }),
  (chain) => ({ ...chain, links: chain.links.map(onlyFirstRows) }),
  (chain, _parts, _steps, plain) => ({ ...chain, summary: plain }),
  (chain) => ({
    ...chain,
    symptom: { ...chain.symptom, ...(chain.symptom.code === undefined ? {} : { code: shortCode(chain.symptom.code) }) },
  }),
  (chain, _parts, _steps, _plain, via) => ({ ...chain, summary: byName(chain.summary, via) }),
  (chain) => ({ ...chain, recommendations: chain.recommendations.map((text) => text.replace(NUMBERS, '')) }),
  // Without a line it is the name of a function, which the stacks tell, too.
  (chain) => ({ ...chain, symptom: chain.symptom.code?.line === null ? withoutCode(chain.symptom) : chain.symptom }),
];

/** What a tokenizer of language models makes one token of in such JSON: three digits, a word, signs in a row. */
const TOKEN = /\d{1,3}|_?[a-z]+|[A-Z]+[a-z]*|[^\sA-Za-z\d]+/g;

const tokensOf = (chain: Chain): number => JSON.stringify(chain).match(TOKEN)?.length ?? 0;

const shortCode = (code: NonNullable<Chain['symptom']['code']>) =>
  code.file === null ? code : { ...code, file: shortPath(code.file, 1) };

/** The chain, or with one thing after another left out until it is short enough; `plain`: its summary in fewer words. */
export const shortened = (chain: Chain, parts: readonly Part[], steps: number, plain: string): Chain => {
  let short = chain;
  for (const cut of cuts) {
    if (tokensOf(short) <= LONGEST) return short;
    short = cut(short, parts, steps, plain, chain.via);
  }
  return short;
};
