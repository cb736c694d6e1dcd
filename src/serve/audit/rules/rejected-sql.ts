// SQL that the sandbox would not even run: writes, PRAGMA, ATTACH, several statements. A model may try PRAGMA once or twice.
import { repeated } from './repeated.ts';

const LIMITS = { times: 3, windowSeconds: 600, proven: true } as const;

export const rejectedSql = repeated(
  {
    name: 'rejected_sql',
    severity: 'warning',
    meaning: 'a caller sent SQL several times that does more than reading; nothing of it was run',
  },
  'rejected_sql',
  LIMITS,
);
