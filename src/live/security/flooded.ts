// The finding about whoever floods a rule: what it did more than is looked at, and what that hid. Knows no other rule.
import type { Finding } from '../../base/alert.ts';
import type { Suspects } from '../alerts/suspects.ts';
import type { Flood } from '../floods.ts';
import { findingOf } from './finding.ts';
import { allow } from './rule.ts';

export const FLOODED = {
  id: 'watch_flooded',
  title: 'did something so often that a rule does not look at all of it',
  severity: 'medium',
  technique: 'T1562.006',
  benign: `programs that do one thing thousands of times a second do; ${allow('watch_flooded')}`,
} as const;
/** Whoever has less than this share of what was not seen was caught in another's flood, unless nobody has more. */
const SHARE = 1 / 4;

/** Those to blame, of a flood that was seen at a time. `unseen_of_others` is what else the rule did not look at in that while. */
export const floodFindings = (
  { rule, unseen, by }: Flood,
  time: number,
  suspects: Pick<Suspects, 'identify'>,
): readonly Finding[] => {
  const loud = by.filter(({ count }) => count >= unseen * SHARE);
  const blamed = loud.length > 0 ? loud : by.slice(0, 1);
  return blamed.map(({ pid, uid, count }) =>
    findingOf(
      FLOODED,
      {
        key: `${rule} ${loud.length > 0 ? `process ${pid}` : `user ${uid}`}`,
        facts: {
          flooded_rule: rule,
          unseen_of_process: count,
          unseen_of_others: unseen - count,
          ...(loud.length > 0 ? {} : { processes: by.length }),
        },
      },
      { time, pid, uid, comm: '' },
      suspects,
    ),
  );
};
