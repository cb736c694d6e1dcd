// An option of `watch` that names a severity.
import { type Severity, severities } from '../base/alert.ts';
import type { Arguments } from './arguments.ts';
import { errors } from './errors.ts';

/** Undefined when it was not given. Throws a UserError for a word that is none. */
export const severityOption = (args: Arguments, name: string): Severity | undefined => {
  const wanted = args.text(name);
  const found = severities.find((severity) => severity === wanted);
  if (wanted === undefined || found !== undefined) return found;
  throw errors.badValue({
    name: `--${name}`,
    value: wanted,
    wanted: `one of ${severities.join(', ')}`,
    command: 'watch',
  });
};
