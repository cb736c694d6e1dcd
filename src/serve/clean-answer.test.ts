import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanAnswer } from './clean-answer.ts';

test('every string is cleaned, however deep, and nothing else is touched', () => {
  const answer = {
    plain: 'cudaMalloc',
    list: ['\u001b[31mred', { comm: 'a\u202eb\nc' }],
    number: 1.5,
    none: null,
    left: undefined,
    yes: true,
    'k\u0007ey': { deep: [['\u200bx']] },
  };
  assert.deepEqual(cleanAnswer(answer), {
    plain: 'cudaMalloc',
    list: ['red', { comm: 'ab c' }],
    number: 1.5,
    none: null,
    yes: true,
    key: { deep: [['x']] },
  });
});

test('long strings are cut and say how much is missing', () => {
  assert.deepEqual(cleanAnswer({ args: 'x'.repeat(50) }, 10), { args: `${'x'.repeat(10)}…(+40)` });
  const long = 'x'.repeat(1000);
  const cut = (length: number) => `${'x'.repeat(length)}…(+${1000 - length})`;
  assert.deepEqual(cleanAnswer({ comm: long, waker_comm: long, args: long, exe: long, file: long, other: long }), {
    ...{ comm: cut(16), waker_comm: cut(16), args: cut(256), exe: cut(512), file: cut(512), other: cut(600) },
  });
  // What was cut before is not cut again.
  assert.deepEqual(cleanAnswer(cleanAnswer({ comm: long })), { comm: cut(16) });
});
