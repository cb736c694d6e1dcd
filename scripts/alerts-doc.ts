// docs/generated/alerts.md: what raises an alert, how bad it is, and why it may be harmless, from the rules themselves.
import { code, markdownPage, markdownTable } from '../src/catalogue/derive/markdown.ts';
import { dropClasses, dropSeverity } from '../src/live/network/drop-classes.ts';
import { fileRules } from '../src/live/security/file-rules.ts';
import { FLOODED } from '../src/live/security/flooded.ts';
import { execRules } from '../src/live/security/look-rules.ts';
import { PLACES } from '../src/live/security/places.ts';
import type { Rule } from '../src/live/security/rule.ts';
import { ownRules, rules } from '../src/live/security/rules.ts';

type Described = Pick<Rule, 'id' | 'title' | 'severity' | 'technique' | 'benign'>;

const row = ({ id, title, severity, technique, benign }: Described): string[] => [
  code(id),
  severity,
  technique,
  title,
  benign,
];

const GUARDED = { secret: 'opened', log: 'emptied or removed', start: 'written or put there', own: 'changed' } as const;

export const alertsDoc = (): string =>
  markdownPage('Alerts', '`src/live/security/` and `src/live/network/`', [
    'What `whytrace watch`, `get_alerts` and the view `alerts` tell. An alert says that something was seen, not that it was an attack: each comes with who did it and why it may be harmless. Severities are the usual ones; a rule may find a single case worse or lesser.',
    '## Programs and files',
    markdownTable(
      ['rule', 'severity', 'ATT&CK', 'a process', 'may be harmless'],
      [...execRules, ...fileRules(() => []), ...rules, ...ownRules(0), FLOODED].map(row),
    ),
    '## Guarded places',
    'Found by what they are, also through links, when the watch starts, each minute, and when a file is put in one. `~` is the home of root and of each person: there no link is followed, what belongs to others is left out, and `not_watched` says so.',
    markdownTable(
      ['path', 'names', 'told when', 'holds', 'ATT&CK'],
      PLACES.map(({ path, as, names, what, technique }) => [
        code(path),
        names === undefined ? '' : code(names.source.replaceAll('|', ' ')),
        GUARDED[as],
        what,
        technique,
      ]),
    ),
    '## Dropped packets',
    "By the kernel's reason and, where that alone is ambiguous, the function that dropped it. What is in no class raises nothing: it happens on healthy machines, or nobody has said yet what it means, and then `not_watched` names it.",
    markdownTable(
      ['rule', 'first', 'many', 'reasons'],
      dropClasses.map(({ name, reasons }) => [
        code(`packets_${name}`),
        dropSeverity[name].first,
        `${dropSeverity[name].many}, from ${dropSeverity[name].count} in ten seconds on`,
        reasons.map(code).join(' '),
      ]),
    ),
  ]);
