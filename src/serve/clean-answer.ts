// The output boundary: every string of an answer is made safe to show, whichever tool made it. Names, paths and arguments
// in a recording were chosen by the programs that were watched.
import { cleanText } from '../base/sanitize.ts';

/** UTF-16 units kept of a string, when a tool does not say otherwise. */
const LONGEST = 600;

const cleanValue = (value: unknown, longest: number): unknown => {
  if (typeof value === 'string') return cleanText(value, longest);
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, longest));
  if (typeof value === 'object' && value !== null) return cleanAnswer(value, longest);
  return value;
};

/** A copy of an answer with every string in it, keys included, cleaned and cut; undefined fields are left out. */
export const cleanAnswer = (answer: object, longest = LONGEST): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(answer)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [cleanText(key, longest), cleanValue(value, longest)]),
  );
