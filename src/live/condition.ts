// A condition over events of one subscription that were delivered, in the language in which its expression was written. What the
// kernel tests of an expression is tested here as well: it has been sent already.
import type { LiveEvent } from '../base/live-desk.ts';
import { divide } from '../capture/live/conditions.ts';
import { parseExpression } from '../capture/live/expression.ts';
import type { Format } from '../capture/live/format.ts';
import { createRest } from '../capture/live/rest.ts';

/** Makes the test of `FIELD OP VALUE [and ...]`. Throws a UserError when it cannot be read or does not fit the event. */
export const conditionTest = (format: Format, condition: string): ((event: LiveEvent) => boolean) => {
  const { condition: parsed } = parseExpression(`${format.category}:${format.name} where ${condition}`);
  // Only asked whether it fits.
  divide(format, parsed);
  return createRest(format, parsed);
};
