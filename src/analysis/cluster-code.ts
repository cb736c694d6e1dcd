// From where in the user's code the calls of a cluster come, as far as their stacks were taken.
import type { Recording } from '../store/recording.ts';
import type { Cluster } from './cluster.ts';
import { type CodeLine, codeLineOf } from './code-line.ts';

export type ClusterCode = {
  /** That of the longest call; where that has no stack, of most calls. */
  readonly code: CodeLine | undefined;
  /** Where most of the calls come from, when that is another line; `count` of the `known` calls that have a stack. */
  readonly mostly: { readonly code: CodeLine; readonly count: number; readonly known: number } | undefined;
};

/** The line of a stack; undefined without a stack, or when none of it is known. */
export const codeOfStack = (recording: Recording, stack: number | null): CodeLine | undefined => {
  if (stack === null) return undefined;
  const found = recording.stacksOf([stack]).get(stack);
  return found === undefined ? undefined : codeLineOf(found, recording.sharedFrames());
};

export const sameCode = (a: CodeLine | undefined, b: CodeLine | undefined): boolean =>
  a?.function === b?.function && a?.file === b?.file && a?.line === b?.line;

export const codeOfCluster = (recording: Recording, { symptom, calls }: Cluster): ClusterCode => {
  const stacks = calls.map(({ stack }) => stack).filter((stack) => stack !== null);
  const lines = new Map(
    [...recording.stacksOf([...new Set(stacks)])].map(([id, stack]) => [
      id,
      codeLineOf(stack, recording.sharedFrames()),
    ]),
  );
  const counts = new Map<string, { code: CodeLine; count: number }>();
  for (const stack of stacks) {
    const code = lines.get(stack);
    if (code === undefined) continue;
    const key = JSON.stringify(code);
    const entry = counts.get(key) ?? { code, count: 0 };
    counts.set(key, entry);
    entry.count++;
  }
  const [most] = [...counts.values()].sort((a, b) => b.count - a.count);
  const known = [...counts.values()].reduce((sum, { count }) => sum + count, 0);
  const own = symptom.call.stack === null ? undefined : lines.get(symptom.call.stack);
  const code = own ?? most?.code;
  const differs = most !== undefined && own !== undefined && !sameCode(most.code, own);
  return { code, mostly: differs ? { ...most, known } : undefined };
};
