// The part of an answer that is scored, read from the JSON that the command line prints. Holds the answer to no more than
// its contract says.
import { encode } from 'gpt-tokenizer';
import type { Chain } from '../src/analysis/chain.ts';
import { isRootKind, type RootKind } from '../src/catalogue/root-kinds.ts';

/** Who or what is blamed. */
export type Claim = {
  readonly kind: RootKind;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly what: string;
  readonly confidence: number;
};
export type Answered = Claim & {
  readonly summary: string;
  readonly symptom: Pick<Chain['symptom'], 'kind' | 'op' | 'pid' | 'tid' | 'start_ns' | 'end_ns' | 'count'>;
  readonly path: readonly RootKind[];
  readonly breakdown: readonly { readonly kind: RootKind; readonly duration_ns: number }[];
  readonly closure: number;
  /** Of its JSON, as a tokenizer of language models counts them. */
  readonly tokens: number;
};
export type ChainsText = { readonly chains: readonly Answered[]; readonly verdict: string };

type Json = Readonly<Record<string, unknown>>;
const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);
const number = (of: Json, name: string): number => {
  const value = of[name];
  if (typeof value !== 'number') throw new Error(`${name} is no number in ${JSON.stringify(of).slice(0, 200)}`);
  return value;
};
const kind = (of: Json): RootKind => {
  const text = String(of.kind);
  if (!isRootKind(text)) throw new Error(`${text} is no kind of cause`);
  return text;
};
const symptomKinds = ['slow_call', 'gap', 'stall', 'failure'] as const;

const chainOf = (chain: Json): Answered => {
  const root = object(chain.root);
  const symptom = object(chain.symptom);
  return {
    kind: kind(root),
    pid: number(root, 'pid'),
    tid: number(root, 'tid'),
    comm: String(root.comm),
    what: String(root.what),
    confidence: number(chain, 'confidence'),
    summary: String(chain.summary),
    symptom: {
      kind: symptomKinds.find((one) => one === symptom.kind) ?? 'stall',
      op: String(symptom.op),
      pid: number(symptom, 'pid'),
      tid: number(symptom, 'tid'),
      start_ns: number(symptom, 'start_ns'),
      end_ns: number(symptom, 'end_ns'),
      count: number(symptom, 'count'),
    },
    path: list(chain.links).map(kind),
    breakdown: list(chain.breakdown).map((part) => ({ kind: kind(part), duration_ns: number(part, 'duration_ns') })),
    closure: number(chain, 'closure'),
    tokens: encode(JSON.stringify(chain)).length,
  };
};

/** Reads what `ask get_causal_chains --json` printed. */
export const readAnswer = (text: string): ChainsText => {
  const answer = object(JSON.parse(text));
  return { chains: list(answer.chains).map(chainOf), verdict: String(answer.verdict) };
};
