// Whether a guest told all: what it was to run, what it says it ran, what of that arrived. A guest may die in the middle, and
// its kernel may write into the middle of a line.
import type { FileEnd, TestResult } from './outcome.ts';

/** What is missing of a guest's results, as results that say so: none when all is there. */
export const missingOf = (
  planned: readonly string[],
  arrived: readonly TestResult[],
  ends: readonly FileEnd[],
): readonly TestResult[] =>
  planned.flatMap((file): readonly TestResult[] => {
    const end = ends.find(({ ended }) => ended === file);
    if (end === undefined)
      return [{ file, name: file, outcome: 'not run', why: 'the machine ended before this file did' }];
    const lacking = end.tests - arrived.filter((each) => each.file === file).length;
    if (lacking <= 0) return [];
    return [{ file, name: file, outcome: 'not run', why: `${lacking} of ${end.tests} results did not arrive` }];
  });
