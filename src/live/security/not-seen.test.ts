import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { notSeen } from './not-seen.ts';

test('ways round system calls are told where the kernel has them', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'whytrace-proc-'));
  t.after(() => rmSync(root, { recursive: true }));
  const seen = (hasRings: boolean) => notSeen(() => hasRings, root).map(({ event }) => event);
  assert.deepEqual(seen(false), []);
  assert.deepEqual(seen(true), ['io_uring']);
  for (const folder of ['sys/abi', 'sys/kernel']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'sys/abi/vsyscall32'), '1\n');
  writeFileSync(join(root, 'sys/kernel/io_uring_disabled'), '1\n');
  assert.deepEqual(seen(true), ['32-bit system calls', 'io_uring']);
  writeFileSync(join(root, 'sys/kernel/io_uring_disabled'), '2\n');
  assert.deepEqual(seen(true), ['32-bit system calls']);
});
