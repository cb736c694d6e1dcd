import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../base/alert.ts';
import { isAllowed, parseAllowList, readAllowList } from './allow-list.ts';

const finding: Finding = {
  ...{
    rule: 'ptrace',
    watch: 'security',
    severity: 'high',
    title: '',
    time: 0,
    key: '',
    facts: {},
    evidence: [],
    benign: '',
  },
  process: { pid: 2, comm: 'gdb', exe: '/usr/bin/gdb', exe_id: '8:99' },
  ancestry: [{ pid: 1, comm: 'bash', exe: '/usr/bin/bash' }],
};

test('by path or inode of the program, and of its parent when that is named; never by a name', () => {
  const allows = (text: string) => isAllowed(parseAllowList(text), finding);
  assert.ok(allows('ptrace /usr/bin/gdb'));
  assert.ok(allows('# debuggers\n* 8:99  # gdb'));
  assert.ok(allows('ptrace /usr/bin/gdb /usr/bin/bash'));
  assert.ok(!allows('ptrace /usr/bin/gdb /usr/bin/zsh'));
  assert.ok(!allows('ptrace gdb'));
  assert.ok(!allows('setns /usr/bin/gdb'));
  assert.ok(!allows('ptrace'));
});

test('a list that cannot be read is an error: nobody shall believe that it counts', () => {
  assert.throws(() => readAllowList('/nowhere/list'), /cannot read the allow-list/);
});
