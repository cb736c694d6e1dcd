// The names of all rules of all watches: what an allow-list may name.
import { networkRules } from './network/rule-names.ts';
import { fileRules } from './security/file-rules.ts';
import { FLOODED } from './security/flooded.ts';
import { execRules } from './security/look-rules.ts';
import { ownRules, rules } from './security/rules.ts';

export const ruleNames: readonly string[] = [
  ...[...execRules, ...fileRules(() => []), ...rules, ...ownRules(0), FLOODED].map(({ id }) => id),
  ...networkRules,
];
