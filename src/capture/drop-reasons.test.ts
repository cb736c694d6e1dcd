import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDropReasons } from './drop-reasons.ts';

test('reasons are read from the description of the tracepoint', () => {
  const format =
    'print fmt: "skbaddr=%p reason: %s", REC->skbaddr, __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, { 3, "NO_SOCKET" })';
  assert.deepEqual(
    [...parseDropReasons(format)],
    [
      [2, 'NOT_SPECIFIED'],
      [3, 'NO_SOCKET'],
    ],
  );
  assert.equal(parseDropReasons('').size, 0);
});
