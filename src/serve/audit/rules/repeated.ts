// The same refusal again and again: once is a mistake, several times is somebody who tries.
import type { AuditOutcome } from '../../../catalogue/audit.ts';
import { MOST_PROOF, type Rule } from './rule.ts';

type Repetition = {
  readonly times: number;
  readonly windowSeconds: number;
  /** Whether the transport proved who called. */
  readonly proven: boolean;
};

/** A rule that finds `times` interactions of one caller with one outcome within `windowSeconds`. */
export const repeated = (
  spec: Omit<Rule, 'find' | 'quietSeconds'>,
  outcome: AuditOutcome,
  { times, windowSeconds, proven }: Repetition,
): Rule => ({
  ...spec,
  quietSeconds: windowSeconds,
  find: (row, past) => {
    if (row.principal === null || row.outcome !== outcome || (row.credential !== null) !== proven) return undefined;
    const found = past.recent(row.principal, windowSeconds, MOST_PROOF, outcome);
    return found.length < times ? undefined : { rows: found.map(({ id }) => id), seen: { times: found.length } };
  },
});
