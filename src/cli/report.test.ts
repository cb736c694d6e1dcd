import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors } from './errors.ts';
import { reportOf } from './report.ts';

test('the error of a user is one line with its exit code', () => {
  const { text, exitCode } = reportOf(errors.unknownCommand({ name: 'a\nb', near: undefined }), false);
  assert.equal(text, "whytrace: unknown command 'a b': there is no such command; see 'whytrace --help'\n");
  assert.equal(exitCode, 2);
});

test('a bug is one line too, and its place is shown on demand', () => {
  const bug = new TypeError('x is\nnot a function');
  assert.deepEqual(reportOf(bug, false), {
    text: 'whytrace: internal error: x is not a function; set WHYTRACE_DEBUG=1 to see where, and please report it\n',
    exitCode: 1,
  });
  assert.match(reportOf(bug, true).text, /\n {4}at .*report\.test\.ts/);
  assert.equal(reportOf('thrown text', true).exitCode, 1);
});
