import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtLeast, requireKernel } from './kernel-version.ts';

test('versions are compared as numbers, whatever follows them', () => {
  assert.ok(isAtLeast('5.15', '5.15.0-91-generic'));
  assert.ok(isAtLeast('5.15', '6.1.0-30-cloud-amd64'));
  assert.ok(isAtLeast('6.6', '6.12.38+deb13-cloud-amd64'));
  assert.ok(isAtLeast('6.12', '7.2-rc1'));
  assert.ok(!isAtLeast('5.15', '5.10.0-35-cloud-amd64'));
  assert.ok(!isAtLeast('5.15', '4.19.0'));
  assert.ok(!isAtLeast('6.12', '6.6.9'));
});

test('an older kernel is refused in words that say what it needs', () => {
  assert.throws(() => requireKernel('5.10.0-35-cloud-amd64'), {
    message: /Linux 5\.10\.0-35-cloud-amd64.*5\.15 or later/,
    exitCode: 1,
  });
  requireKernel('5.15.0');
});
