// What other tools said about an imported recording, and what its rows say to that. Kept as their words, never as a cause.
import { field } from '../field.ts';
import { table } from '../table.ts';

/** What rows can say to a claim. */
export const claimVerdicts = {
  refuted: 'the rows contradict it',
  not_supported: 'the rows neither show nor contradict it',
  supported: 'the rows show what it says',
} as const;
export type ClaimVerdict = keyof typeof claimVerdicts;
const verdicts = Object.entries(claimVerdicts)
  .map(([name, doc]) => `${name}: ${doc}`)
  .join('; ');

const columns = [
  field('id', 'id', 'row id'),
  field('time_ns', 'time', 'when it was made'),
  field('tool', 'text', 'the tool that made it'),
  field('severity', 'untrusted_text', 'how grave the tool holds it'),
  field('summary', 'untrusted_text', 'the claim in its own words'),
  field('cause', 'untrusted_text', 'the cause that it alleges'),
  field('op', 'untrusted_text', 'the call that it says was slow'),
  field('claimed_ns', 'duration', 'the duration that it says, null when it says none'),
  field('verdict', 'text', verdicts),
  field('why', 'text', 'what the rows say'),
  field('evidence', 'text', 'the row that the verdict is about, as "calls:ID"; null when there is none'),
] as const;

export const claimTables = {
  foreign_claim: table({
    name: 'foreign_claim',
    doc: 'causes that another tool alleged in the file that this recording was imported from, with what its rows say to each; no answer uses them',
    columns,
  }),
} as const;
