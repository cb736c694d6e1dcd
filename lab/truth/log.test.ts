import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTruthLogs } from './log.ts';

test('a thread that sleeps until its time comes is not without a CPU meanwhile, whatever was counted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-log-'));
  try {
    const file = join(folder, 'a.truth');
    const step = (act: string, end: number) =>
      JSON.stringify({ tid: 1, act, n: [3, 0], start: 0, end, cpu: 100, delay: 4800 });
    writeFileSync(file, [step('sleep', 5000), step('sleep', 2000), step('hear', 5000)].join('\n'));
    const { steps } = readTruthLogs([file], 10);
    assert.deepEqual(
      steps.get(1)?.map(({ act, start, delay }) => [act, start, delay]),
      [
        ['sleep', 10, 2000],
        ['sleep', 10, 0],
        ['hear', 10, 4800],
      ],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
