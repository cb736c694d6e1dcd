import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { figureOf } from '../bench/figure.ts';
import { machine } from '../bench/machine.ts';
import { overheadDoc, parseKept } from './overhead-doc.ts';

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
  assert.match(doc, /^1 of 2 figures missed their goals:$/m);
});

test('a percentage without a rate is marked', (t) => {
  const doc = overheadDoc(folderWith(t, { novel: [about, figureOf('share_pct', '%', { atMost: 1 }, [0.5])] }));
  assert.match(doc, /`share_pct` \| +\| \(no rate applies\) \|/);
  assert.match(doc, /All 1 figures below met their goals/);
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
