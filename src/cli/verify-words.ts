// What `verify` says, from what was found.
import { countText, durationText } from '../base/units.ts';
import { type Finding, findingKinds } from '../store/evidence/finding.ts';
import type { Verdict, Verification } from '../store/evidence/verify.ts';

const verdicts: Readonly<Record<Verdict, string>> = {
  intact: 'intact: every row is as it was written',
  unknown_key: 'every row agrees with its seal, but who signed it is not known here: pass --key or --anchor',
  unsealed_rest: 'intact as far as it is sealed, and not sealed to its end',
  changed: 'CHANGED',
  not_sealed: 'not sealed: nothing can be said about it',
};

const keys: Readonly<Record<Verification['key_is'], string>> = {
  given: 'the key asked for',
  own: 'the key of this user on this machine',
  unknown: 'a key that is not known here',
};

const whereOf = ({ table, seal, first, last, row }: Finding): string => {
  const parts = [
    ...(table === undefined ? [] : [table]),
    ...(row === undefined ? [] : [`row ${row}`]),
    ...(row !== undefined || first === undefined
      ? []
      : [last === undefined || last === first ? `row ${first}` : `rows ${first} to ${last}`]),
    ...(seal === undefined ? [] : [table === undefined ? `seal ${seal}` : `(seal ${seal})`]),
  ];
  return parts.length === 0 ? '' : `${parts.join(' ')}: `;
};

const findingLine = (finding: Finding): string =>
  `  ${whereOf(finding)}${findingKinds[finding.kind]}${finding.why === undefined ? '' : ` (${finding.why})`}`;

/** The lines for people. */
export const verifyLines = (path: string, found: Verification): readonly string[] => {
  const {
    verdict,
    state,
    findings,
    findings_total,
    unsealed,
    pruned,
    pruned_rows,
    rows,
    seals,
    sealed_until_ns,
    key,
    key_is,
    head,
    sealed_afterwards,
  } = found;
  const more = findings_total - findings.length;
  const still = state === 'live' ? ' (it is still being recorded)' : '';
  return [
    `${path}: ${verdicts[verdict]}${verdict === 'unsealed_rest' ? still : ''}`,
    ...findings.map(findingLine),
    ...(more > 0 ? [`  ... and ${countText(more, 'more finding')}`] : []),
    ...unsealed.map(({ table, from }) => `  not sealed: ${table}${from === null ? '' : ` from row ${from} on`}`),
    ...pruned
      .slice(0, 1)
      .map(({ why }) => `  its recorder took the oldest events away, ${why}: ${countText(pruned_rows, 'row')}`),
    ...pruned.map(({ until, tables }) => `  taken away up to seal ${until}: ${tables.join(', ')}`),
    ...(sealed_until_ns === null
      ? []
      : [
          `  ${countText(rows, 'row')} checked, ${countText(seals, 'seal')}, the last at ${durationText(sealed_until_ns)}`,
        ]),
    ...(sealed_afterwards
      ? ['  its recorder was killed: what it left unsealed was sealed afterwards, as it was found']
      : []),
    ...(verdict === 'unsealed_rest' && state === 'cut'
      ? ['  its recorder was killed: --finish seals the rest as it is now']
      : []),
    ...(key === null ? [] : [`  signed by ${key}, ${keys[key_is]}`]),
    ...(head === null ? [] : [`  ${head}`]),
  ];
};
