// Files stay small enough to be read in one go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesBelow, programFiles, textOf } from './source-files.ts';

const MOST_LINES = 400;
const MOST_LINES_BPF = 250;
const MOST_LINES_MEDIAN = 80;

const linesOf = (path: string): number => textOf(path).split('\n').length - 1;

test(`no file of src has more than ${MOST_LINES} lines, and half of them ${MOST_LINES_MEDIAN} or fewer`, (t) => {
  const sizes = programFiles()
    .map((path) => ({ path, lines: linesOf(path) }))
    .sort((a, b) => a.lines - b.lines);
  const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
  const largest = sizes.at(-1);
  t.diagnostic(`${sizes.length} files, median ${median} lines, largest ${largest?.lines} (${largest?.path})`);
  assert.deepEqual(
    sizes.filter(({ lines }) => lines > MOST_LINES),
    [],
  );
  assert.ok(median <= MOST_LINES_MEDIAN, `the median is ${median} lines`);
});

test(`no file of bpf has more than ${MOST_LINES_BPF} lines`, () => {
  const large = filesBelow('bpf')
    .filter((path) => /(?<!\.gen)\.[ch]$/.test(path))
    .map((path) => ({ path, lines: linesOf(path) }))
    .filter(({ lines }) => lines > MOST_LINES_BPF);
  assert.deepEqual(large, []);
});
