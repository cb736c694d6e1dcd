import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import type { Finding } from '../../base/alert.ts';
import { isAllowed, parseAllowList, readAllowList } from './allow-list.ts';

const idOf = (path: string): string => {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
};
const SHELL = '/bin/sh';
const finding: Finding = {
  ...{ rule: 'ptrace_attach', watch: 'security', severity: 'high', title: '', time: 0, key: '' },
  ...{ facts: {}, evidence: [], benign: '' },
  process: { pid: 2, comm: 'node', exe: process.execPath, exe_id: idOf(process.execPath) },
  ancestry: [{ pid: 1, comm: 'sh', exe: SHELL, exe_id: idOf(SHELL) }],
};

test('a program is known by the file that we see, and by its parent; a name is not enough', () => {
  const allows = (text: string, one = finding) => isAllowed(parseAllowList(text), one);
  const line = `ptrace_attach ${process.execPath}`;
  assert.ok(allows(line));
  assert.ok(allows(`# debuggers\n* ${idOf(process.execPath)}  # this one`));
  assert.ok(allows(`${line} ${SHELL}`));
  assert.ok(!allows(`${line} ${process.execPath}`));
  assert.ok(!allows(`setns ${process.execPath}`));
  assert.ok(!allows('ptrace_attach /nowhere/at/all'));
  const other = { pid: 2, comm: 'node', exe: process.execPath };
  assert.ok(!allows(line, { ...finding, process: { ...other, exe_id: idOf(SHELL) } }), 'the path is that of a mount');
  assert.ok(!allows(line, { ...finding, process: other }), 'nobody knows what it ran');
});

test('a line that is incomplete or no line is refused, with its number', () => {
  for (const [text, said] of [
    ['ptrace_attach', /names no program/],
    ['ptrace_attach gdb', /gdb is neither/],
    ['ptrace_attach /usr/bin/gdb bash', /bash is neither/],
    ['ptrace_attach /a /b /c', /more than three/],
    ['/usr/bin/gdb ptrace', /no rule/],
  ] as const)
    assert.throws(
      () => parseAllowList(`# list\n\n${text}\n`),
      (thrown: Error) => {
        assert.match(thrown.message, /line 3 /);
        assert.match(thrown.message, said);
        return true;
      },
    );
});

test('a list that cannot be read is an error: nobody shall believe that it counts', () => {
  assert.throws(() => readAllowList('/nowhere/list'), /cannot read the allow-list/);
});

test('a rule that is misspelt is told with the nearest; those of all watches are known', () => {
  const told = (rule: string): string => {
    try {
      parseAllowList(`${rule} /bin/x`);
      return '';
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
  };
  assert.match(told('ptrace_atach'), /line 1 .*ptrace_atach is no rule; did you mean ptrace_attach\?/);
  assert.match(told('connect_refussed'), /did you mean connect_refused\?/);
  assert.match(told('nothing_like_any'), /is no rule; write a rule/);
  for (const rule of ['*', 'packets_spoofed', 'recorder_files', 'watch_flooded', 'preload', 'zero_window'])
    assert.equal(told(rule), '');
});
