// The output boundary: every string of an answer is made safe to show, whichever tool made it. Names, paths and arguments
// in a recording were chosen by the programs that were watched.
import { cleanText } from '../base/sanitize.ts';

/** UTF-16 units kept of a string, when a tool does not say otherwise. */
const LONGEST = 600;
const COMM = 16;
const ARGUMENTS = 256;
const PATH = 512;
/** Of the name of a field: a recording's own columns, or an alias in a query. */
const KEY = 200;

/** Fields whose kind is known by their name are cut shorter: names of threads, command lines, paths. */
const capOf = (key: string, longest: number): number => {
  if (/(?:^|_)comm$/.test(key)) return Math.min(longest, COMM);
  if (key === 'args') return Math.min(longest, ARGUMENTS);
  return /(?:^|_)(?:exe|file|path|cgroup)$/.test(key) ? Math.min(longest, PATH) : longest;
};

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
      .map(([key, value]) => [cleanText(key, KEY), cleanValue(value, capOf(key, longest))]),
  );
