import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainPath } from './plain-path.ts';

test('one file, however its path is written', () => {
  for (const path of [
    '/etc/cron.d/x',
    '//etc///cron.d/x',
    '/etc/./cron.d/./x',
    '/etc/ssh/../cron.d/x',
    '/proc/self/root/etc/cron.d/x',
    '/proc/thread-self/root//proc/12/root/etc/cron.d/x',
    '/proc/12/task/13/root/etc/cron.d/x',
  ])
    assert.equal(plainPath(path), '/etc/cron.d/x', path);
  assert.equal(plainPath('/home/.a/root/x'), '/home/.a/root/x');
});
