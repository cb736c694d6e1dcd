// A guest that died, or whose lines were torn, is told from one that came to its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingOf } from './complete.ts';

const passed = (file: string, name: string) => ({ file, name, outcome: 'passed', why: '' }) as const;

test('all files ended and all results arrived: nothing is missing', () => {
  const arrived = [passed('a', 'one'), passed('a', 'two'), passed('b', 'one')];
  const ends = [
    { ended: 'a', tests: 2 },
    { ended: 'b', tests: 1 },
  ];
  assert.deepEqual(missingOf(['a', 'b'], arrived, ends), []);
});

test('a file that did not end, and results that were torn, are not run', () => {
  const missing = missingOf(['a', 'b', 'c'], [passed('a', 'one'), passed('b', 'one')], [{ ended: 'a', tests: 3 }]);
  assert.deepEqual(
    missing.map(({ file, outcome, why }) => [file, outcome, why]),
    [
      ['a', 'not run', '2 of 3 results did not arrive'],
      ['b', 'not run', 'the machine ended before this file did'],
      ['c', 'not run', 'the machine ended before this file did'],
    ],
  );
});
