import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bench, figureOf, type Line, median } from './figure.ts';
import { promisedNames } from './promised.ts';
import { runBenches } from './run-benches.ts';

const bench = (name: string, run: Bench['run']): Bench => ({ name, doc: 'of a test', run });
const good = figureOf('good', 'ms', { atMost: 2 }, [1]);
const bad = figureOf('bad', 'ms', { atMost: 2 }, [3]);

const ran = async (benches: readonly Bench[]) => {
  const lines: Line[] = [];
  const add = (more: readonly Line[]) => void lines.push(...more);
  const outcome = await runBenches(
    benches,
    {},
    { onBegin: () => {}, onLines: (_, more) => add(more), onFailure: (_, __, more) => add(more) },
  );
  return { outcome, lines };
};

test('a bench that fails takes none of the others with it, and what it promised is told as not measured', async () => {
  const promised = promisedNames.get('idle') ?? [];
  const { outcome, lines } = await ran([
    bench('idle', () => Promise.reject(new Error('no'))),
    bench('after', () => Promise.resolve([good, bad, bad])),
  ]);
  assert.deepEqual(outcome, { failed: ['idle'], missed: ['bad'], skipped: promised });
  assert.deepEqual(lines, [
    ...promised.map((figure) => ({ figure, skipped: 'the bench idle failed' })),
    ...[good, bad, bad],
  ]);
});

test('what was promised and is not printed has a line that says why; no number is no figure', async () => {
  const cpu = figureOf('idle_cpu_pct', '%', { atMost: 1 }, []);
  const { lines } = await ran([bench('idle', () => Promise.resolve([cpu]))]);
  assert.deepEqual(lines, [
    { figure: 'idle_cpu_pct', skipped: 'it came to no number' },
    { figure: 'idle_rss_mb', skipped: 'the bench did not print it' },
  ]);
});

test('the median of an even number of values lies between the two in the middle, unrounded', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([1.234567]), 1.234567);
  assert.ok(Number.isNaN(median([])));
  assert.equal(figureOf('f', 'ms', undefined, [1.234567, 1.234569]).value, 1.235);
});

test('a figure without a goal neither meets nor misses one', () => {
  const { goal, met } = figureOf('told', 'ms', undefined, [1]);
  assert.deepEqual([goal, met, good.met, bad.met], [undefined, undefined, true, false]);
});
