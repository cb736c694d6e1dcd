import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { expectedFailures, leftOut, nameOfFile, plannedFiles, testFiles, testsLeftOut } from './plan.ts';
import { targets } from './targets.ts';

const folder = new URL('../test/kernel/', import.meta.url).pathname;
const textOf = (name: string) => readFileSync(`${folder}${name}.test.ts`, 'utf8');

test('every kernel test has its place in the plan: it runs, or a sentence says why not', () => {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map(nameOfFile);
  assert.deepEqual([...plannedFiles].sort(), files.sort());
});

test('what is left out, or may fail, is there', () => {
  for (const [file, tests] of Object.entries(testsLeftOut))
    for (const name of Object.keys(tests)) assert.ok(textOf(file).includes(name), `${file} has no test ${name}`);
  for (const { file, test: name, on = [] } of expectedFailures) {
    assert.ok(textOf(file).includes(name), `${file} has no test ${name}`);
    for (const target of on)
      assert.ok(
        targets.some((each) => each.name === target),
        target,
      );
  }
  for (const why of Object.values(leftOut)) assert.ok(why.length > 20);
});

test('a kernel that is too old is asked only whether it says so', () => {
  assert.deepEqual(testFiles('5.10.0-35-cloud-amd64'), ['test/kernel/too-old.test.ts']);
  assert.ok(testFiles('6.1.0-30-cloud-amd64').length > 10);
});
