// What a rule of the security watch says of something seen, with who it was.
import type { Finding } from '../../base/alert.ts';
import type { Suspects } from '../alerts/suspects.ts';
import type { Judgement, Rule } from './rule.ts';

export type Seen = { readonly time: number; readonly pid: number; readonly uid: number; readonly comm: string };
type Described = Pick<Rule, 'id' | 'title' | 'severity' | 'technique' | 'benign'>;

/** `evidence`: the row that proves it. */
export const findingOf = (
  rule: Described,
  judged: Judgement,
  seen: Seen,
  { identify }: Suspects,
  evidence?: string,
): Finding => {
  const { process, ancestry, container } = identify(seen.pid, seen.comm);
  const severity = judged.severity ?? rule.severity;
  const technique = judged.technique ?? rule.technique;
  return {
    rule: rule.id,
    watch: 'security',
    severity,
    title: judged.title ?? rule.title,
    time: seen.time,
    // What is worse is told anew, also when the same program did something lesser a moment ago.
    key: judged.key ?? `${process.exe ?? process.comm} ${severity} ${technique}`,
    process: { ...process, uid: seen.uid },
    ancestry,
    container,
    facts: judged.facts ?? {},
    evidence: evidence === undefined ? [] : [evidence],
    benign: rule.benign,
    technique,
  };
};
