// What `verify` does with an audit log: the words for what was found.
import { countText } from '../base/units.ts';
import { type AuditVerification, verifyAuditFile } from '../store/audit/verify-audit-file.ts';
import type { Head } from '../store/evidence/head.ts';
import { err, out, outJson } from './print.ts';

const verdicts: Readonly<Record<AuditVerification['verdict'], string>> = {
  intact: 'intact: every row is as it was written',
  unknown_key: 'every row agrees with the others, but who signed them is not known here: pass --key or --anchor',
  changed: 'CHANGED',
};

type Wanted = {
  readonly key: string | undefined;
  readonly ownKey: string | undefined;
  readonly anchor: Head | undefined;
  readonly isHeadOnly: boolean;
  readonly isJson: boolean;
};

/** Prints what was found and returns the exit code. */
export const verifyAuditLog = (path: string, { isHeadOnly, isJson, ...wanted }: Wanted): number => {
  const found = verifyAuditFile(path, wanted);
  const { verdict, rows, from, to, key, head, fault } = found;
  if (isHeadOnly) {
    if (head === null || verdict === 'changed')
      err(`whytrace: ${path} has no chain that holds: see 'whytrace verify'\n`);
    else out(`${head}\n`);
    return head === null || verdict === 'changed' ? 1 : 0;
  }
  if (isJson) outJson({ file: path, ...found });
  else
    out(
      [
        `${path}: ${verdicts[verdict]}`,
        ...(fault === null ? [] : [`  row ${fault.id}: ${fault.why}`]),
        `  ${countText(rows, 'row')} of the audit log, ${from} to ${to}`,
        ...(key === null ? [] : [`  signed by ${key}`]),
        ...(head === null ? [] : [`  ${head}`]),
        '',
      ].join('\n'),
    );
  return verdict === 'intact' ? 0 : 1;
};
