// On a kernel that is too old: it says so, in one line, and touches nothing. Skipped where the kernel is new enough.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAtLeast, OLDEST_KERNEL } from '../../src/capture/kernel-version.ts';
import { freshFolder, WHYTRACE } from './recorder.ts';
import { SLOWNESS } from './slowness.ts';

const options = {
  timeout: 60_000 * SLOWNESS,
  skip: isAtLeast(OLDEST_KERNEL) ? `this kernel has all that ${OLDEST_KERNEL} has` : false,
};
const run = (...args: readonly string[]) => spawnSync(WHYTRACE, args, { encoding: 'utf8' });
const NEEDS = new RegExp(
  `^whytrace: cannot trace on Linux ${release().replaceAll('.', '\\.')}.*${OLDEST_KERNEL} or later\n$`,
);

test('record needs a newer kernel, and leaves no file', options, (t) => {
  const path = join(freshFolder(t), 'run.db');
  const { status, stdout, stderr } = run('record', '-o', path, '--', 'true');
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, NEEDS);
  assert.ok(!existsSync(path));
});

test('watch needs one, too', options, () => {
  const { status, stderr } = run('watch', 'sched:sched_process_exec', '-n', '1');
  assert.equal(status, 1);
  assert.match(stderr, NEEDS);
});

test('doctor says which', options, () => {
  const { status, stdout } = run('doctor', '--json');
  assert.equal(status, 1);
  const answer: { checks: { name: string; ok: boolean; what: string; todo: string }[] } = JSON.parse(stdout);
  const kernel = answer.checks.find(({ name }) => name === 'kernel');
  assert.deepEqual([kernel?.ok, kernel?.what], [false, `Linux ${release()}`]);
  assert.match(kernel?.todo ?? '', new RegExp(OLDEST_KERNEL));
});
