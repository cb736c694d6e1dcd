import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { figureOf } from '../bench/figure.ts';
import { machine } from '../bench/machine.ts';
import { promisedNames } from '../bench/promised.ts';
import { overheadDoc, parseKept } from './overhead-doc.ts';
import { sections } from './overhead-sections.ts';

const folderWith = (t: TestContext, files: Readonly<Record<string, readonly object[]>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-figures-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, lines] of Object.entries(files))
    writeFileSync(join(folder, `${name}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return folder;
};
const about = { machine: machine() };

test('a figure of any bench is in the document, with its goal, its spread and its rate', (t) => {
  const slow = figureOf('slow_pct', '%', { atMost: 1 }, [2, 3, 4], { calls_per_s: 10_000 });
  const fast = figureOf('fast_per_s', '1/s', { atLeast: 1000 }, [1_234_567]);
  const doc = overheadDoc(folderWith(t, { novel: [about, slow, fast] }));
  assert.match(doc, /^## Bench novel$/m);
  assert.match(doc, /^\| `slow_pct` \| +\| calls per s 10,000 \| 1 % or less \| 3 % \(2 to 4\): \*\*missed\*\* \|$/m);
  assert.match(doc, /^\| `fast_per_s` \| +\| +\| 1,000 1\/s or more \| 1,235,000 1\/s \|$/m);
  assert.match(doc, /^1 of 2 figures that have a goal missed it:$/m);
});

test('a percentage without a rate is marked', (t) => {
  const doc = overheadDoc(folderWith(t, { novel: [about, figureOf('share_pct', '%', { atMost: 1 }, [0.5])] }));
  assert.match(doc, /`share_pct` \| +\| \(no rate applies\) \|/);
  assert.match(doc, /All 1 figures below that have a goal met it/);
});

test('what a bench of the sections measured stands in its section, with what it is', (t) => {
  const doc = overheadDoc(
    folderWith(t, { calls: [about, figureOf('call_cost_vs_bare', 'ratio', { atMost: 1.5 }, [1.2])] }),
  );
  assert.match(
    doc,
    /\| `call_cost_vs_bare` \| what a recorded call costs, against the bare probes \| +\| 1.5 or less \| 1.2 \|/,
  );
  assert.doesNotMatch(doc, /## Bench/);
});

test('the machine is not named', () => {
  assert.ok(!JSON.stringify(machine()).includes(hostname()));
});

test('a line that is no figure is an error', () => {
  assert.throws(() => parseKept('x', '{}'), /does not begin with the machine/);
  assert.throws(() => parseKept('x', `${JSON.stringify(about)}\n{"figure":"a"}`), /no figure/);
});

test('a figure without a goal is told, and held against nothing', (t) => {
  const doc = overheadDoc(folderWith(t, { novel: [about, figureOf('told_ms', 'ms', undefined, [7])] }));
  assert.match(doc, /^\| `told_ms` \| +\| +\| +\| 7 ms \|$/m);
  assert.match(doc, /All 0 figures below that have a goal met it/);
});

test('what could not be measured is named with its reason, and what was never measured too', (t) => {
  const doc = overheadDoc(
    folderWith(t, { calls: [about, { figure: 'call_cost_vs_bare', skipped: 'clang is not installed' }] }),
  );
  assert.match(doc, /^\* `call_cost_vs_bare`: clang is not installed$/m);
  assert.match(doc, /^\* `idle_cpu_pct`: `npm run bench -- --write idle` was not run yet$/m);
});

/** Whether a bench prints a figure of that name: what stands first in a call of its source, `${...}` for any part of a name. */
const isPrinted = (): ((name: string) => boolean) => {
  const folder = new URL('../bench/', import.meta.url);
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => [
      ...readFileSync(new URL(name, folder), 'utf8').matchAll(/\w\(\s*(?:'(\w+)'|`((?:\w|\$\{\w+\})+)`)/g),
    ])
    .map(([, plain, parts = '']) => new RegExp(`^${plain ?? parts.replaceAll(/\$\{\w+\}/g, '[a-z0-9_]+')}$`));
  return (name) => names.some((one) => one.test(name));
};

test('each figure that is kept, promised or described is one that a bench prints', () => {
  const printed = isPrinted();
  const folder = new URL('../docs/figures/', import.meta.url);
  const kept = readdirSync(folder).flatMap((name) => {
    const { figures, skipped } = parseKept(name, readFileSync(new URL(name, folder), 'utf8'));
    return [...figures, ...skipped].map(({ figure }) => figure);
  });
  const described = sections.flatMap(({ figures }) => Object.keys(figures));
  const all = [...kept, ...described, ...[...promisedNames.values()].flat()];
  assert.deepEqual(
    all.filter((name) => !printed(name)),
    [],
  );
  assert.equal(printed('no_bench_prints_this'), false);
});
