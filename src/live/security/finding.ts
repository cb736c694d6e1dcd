// What a rule of the security watch says of something seen, with who it was.
import type { Finding } from '../../base/alert.ts';
import type { Identified, Suspects } from '../alerts/suspects.ts';
import type { Judgement, Rule } from './rule.ts';

export type Seen = { readonly time: number; readonly pid: number; readonly uid: number; readonly comm: string };
/** What was done something to, by the names of the facts that tell it. */
const SUBJECTS = ['file', 'address', 'port', 'target_pid', 'library'] as const;

/** Who did it to what. */
const keyOf = (uid: number, { process, container }: Identified, facts: Finding['facts']): string =>
  [process.exe ?? process.comm, uid, container ?? '', ...SUBJECTS.map((name) => facts[name] ?? '')].join('\0');

type Described = Pick<Rule, 'id' | 'title' | 'severity' | 'technique' | 'benign'>;

/** `evidence`: the row that proves it. */
export const findingOf = (
  rule: Described,
  judged: Judgement,
  seen: Seen,
  { identify }: Suspects,
  evidence?: string,
): Finding => {
  const who = identify(seen.pid, seen.comm, seen.time);
  const { process, ancestry, container } = who;
  const facts = judged.facts ?? {};
  const severity = judged.severity ?? rule.severity;
  const technique = judged.technique ?? rule.technique;
  return {
    rule: rule.id,
    watch: 'security',
    severity,
    title: judged.title ?? rule.title,
    time: seen.time,
    // What is worse is told anew, also when the same program did something lesser a moment ago.
    key: judged.key ?? `${keyOf(seen.uid, who, facts)}\0${severity}\0${technique}`,
    process: { ...process, uid: seen.uid },
    ancestry,
    container,
    facts,
    evidence: evidence === undefined ? [] : [evidence],
    benign: rule.benign,
    technique,
  };
};
