// What the kernels did: kept beside the code, so that the document can be made from it, and judged against what was expected.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resultOf, type TestResult } from './outcome.ts';
import { reasonToFail } from './plan.ts';
import { targets } from './targets.ts';

export type TargetResult = {
  readonly target: string;
  /** As `uname -r` says. */
  readonly kernel: string;
  readonly tests: readonly TestResult[];
};

export const RESULTS = new URL('results.json', import.meta.url).pathname;

const targetOf = (value: unknown): TargetResult => {
  const object: object = typeof value === 'object' && value !== null ? value : {};
  const [target, kernel, tests]: readonly unknown[] = ['target', 'kernel', 'tests'].map((key) =>
    Reflect.get(object, key),
  );
  if (typeof target !== 'string' || typeof kernel !== 'string' || !Array.isArray(tests))
    throw new Error(`no results of a kernel: ${JSON.stringify(value).slice(0, 100)}`);
  return { target, kernel, tests: tests.flatMap((each) => resultOf(each) ?? []) };
};

/** What was kept of the last runs. */
export const readResults = (): readonly TargetResult[] => {
  if (!existsSync(RESULTS)) return [];
  const parsed: unknown = JSON.parse(readFileSync(RESULTS, 'utf8'));
  return Array.isArray(parsed) ? parsed.map(targetOf) : [];
};

/** Keeps results in the place of earlier ones of the same kernels, in the order of the targets. */
export const keepResults = (fresh: readonly TargetResult[]): void => {
  const all = new Map([...readResults(), ...fresh].map((each) => [each.target, each]));
  const kept = targets.flatMap(({ name }) => all.get(name) ?? []);
  writeFileSync(RESULTS, `${JSON.stringify(kept, null, 1)}\n`);
};

export type Verdict = {
  readonly passed: number;
  readonly skipped: number;
  readonly expected: readonly (TestResult & { readonly reason: string })[];
  readonly unexpected: readonly TestResult[];
};

/** What stands in the results of a kernel on which nothing was held against the truth. */
const NOTHING: TestResult = { file: 'all', name: 'at least one test passes', outcome: 'failed', why: 'none did' };

/**
 * Sorts the results of a kernel: a test that failed, or was skipped, is expected only where the plan says why, and a kernel on
 * which no test passed is never as it should be.
 */
export const judge = ({ target, tests }: TargetResult): Verdict => {
  const passed = tests.filter(({ outcome }) => outcome === 'passed').length;
  const others = tests
    .filter(({ outcome }) => outcome !== 'passed')
    .map((each) => ({ each, reason: reasonToFail(target, each) }));
  return {
    passed,
    skipped: tests.filter(({ outcome }) => outcome === 'skipped').length,
    expected: others.flatMap(({ each, reason }) =>
      reason === undefined || each.outcome === 'skipped' ? [] : [{ ...each, reason }],
    ),
    unexpected: [
      ...others.flatMap(({ each, reason }) => (reason === undefined ? [each] : [])),
      ...(passed === 0 ? [NOTHING] : []),
    ],
  };
};
