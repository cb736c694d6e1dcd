import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingText } from '../follow-events.ts';
import { ofProcess } from './watch.ts';

test('an expression of one process holds for that one only, whatever its condition joins', () => {
  assert.equal(ofProcess('a:b', undefined), 'a:b');
  assert.equal(ofProcess('a:b', 7), 'a:b where current.pid == 7');
  assert.equal(ofProcess(' a:b WHERE x == 1 or y == 2', 7), 'a:b where current.pid == 7 and (x == 1 or y == 2)');
});

test('what was not shown is said, events that were gone before they were asked for among it', () => {
  const counts = { seen: 9, matched: 9, sampled_out: 0, limited: 0, lost: 0, sent: 9 };
  assert.equal(missingText({ counts }, 0), '');
  assert.equal(missingText({ counts }, 7), 'not shown: 7 gone, since they were shown too slowly');
  assert.match(missingText({ counts: { ...counts, lost: 2 } }, 7), /^not shown: 2 lost, .*, 7 gone,/);
});
