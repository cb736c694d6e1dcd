import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINE_MARK, readLine } from './outcome.ts';
import { judge } from './results.ts';

const passed = { file: 'a.test.ts', name: 'holds', outcome: 'passed', why: '' } as const;

test('a line of the console is a result, a version, or not ours', () => {
  assert.deepEqual(readLine(`${LINE_MARK}${JSON.stringify({ number: 3, ...passed })}`), { number: 3, ...passed });
  assert.deepEqual(readLine(`${LINE_MARK}{"ended":"a.test.ts","tests":4}`), { ended: 'a.test.ts', tests: 4 });
  assert.deepEqual(readLine(`[  1.2] noise ${LINE_MARK}{"kernel":"6.1.0"}`), { kernel: '6.1.0' });
  assert.equal(readLine('[  1.2] EXT4-fs mounted'), undefined);
  assert.equal(readLine(`${LINE_MARK}{"file":"a.te[ 1.2] cut`), undefined);
  assert.equal(readLine(`${LINE_MARK}{"number":1,"file":"a","name":"b","outcome":"fine","why":""}`), undefined);
});

test('a test that failed, was skipped, or was not reached, is nobody’s expectation unless the plan says so', () => {
  const tests = [
    passed,
    { ...passed, name: 'x', outcome: 'failed', why: 'no' } as const,
    { ...passed, name: 'y', outcome: 'skipped', why: 'needs z' } as const,
    { ...passed, name: 'z', outcome: 'not run', why: 'the time was up' } as const,
  ];
  const verdict = judge({ target: '6.1', kernel: '6.1.0', tests });
  assert.deepEqual([verdict.passed, verdict.skipped], [1, 1]);
  assert.deepEqual(
    verdict.unexpected.map(({ name }) => name),
    ['x', 'y', 'z'],
  );
});

test('a kernel on which nothing passed is never as it should be', () => {
  const skipped = { ...passed, outcome: 'skipped', why: 'this machine cannot record' } as const;
  for (const tests of [[], [skipped]]) {
    const { unexpected } = judge({ target: '6.1', kernel: '6.1.0', tests });
    assert.deepEqual(unexpected.at(-1)?.why, 'none did');
  }
  assert.deepEqual(judge({ target: '6.1', kernel: '6.1.0', tests: [passed] }).unexpected, []);
});
