// Remembers in a file what was answered to questions, until it is told to forget: a package client reads all of its lists for
// each of its answers.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

export type Answers = {
  /** The answer as remembered, where it is still `good`; else it is asked for, and remembered. */
  readonly to: (
    question: string,
    ask: () => readonly string[],
    good?: (answer: readonly string[]) => boolean,
  ) => readonly string[];
  readonly forget: () => void;
};

const read = (path: string): Map<string, readonly string[]> => {
  if (!existsSync(path)) return new Map();
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  return new Map(entries.map(([question, answer]) => [question, Array.isArray(answer) ? answer.map(String) : []]));
};

/** Answers that are kept at a path. */
export const answersAt = (path: string): Answers => ({
  to: (question, ask, good = () => true) => {
    const found = read(path).get(question);
    if (found !== undefined && good(found)) return found;
    const answer = ask();
    // Read again: asking may have made it forget.
    writeFileSync(path, JSON.stringify(Object.fromEntries([...read(path), [question, answer]])));
    return answer;
  },
  forget: () => rmSync(path, { force: true }),
});
