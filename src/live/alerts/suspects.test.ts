import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSuspects } from './suspects.ts';

test('a process that has begun another program since is not taken for it', () => {
  const { identify } = createSuspects({ of: () => ({ since: 100, program: process.execPath, ancestry: [] }) });
  const { process: now } = identify(process.pid, 'node', 100);
  assert.deepEqual([now.exe, now.exe_id === undefined], [process.execPath, false]);
  const { process: before } = identify(process.pid, 'other', 99);
  assert.deepEqual([before.comm, before.exe, before.exe_id], ['other', undefined, undefined]);
});

test('of a process that is gone it is known what it began just before', () => {
  const noted = new Map<number, { since: number; program: string; ancestry: [] }>();
  const gone = 2 ** 22 + 1;
  const { identify } = createSuspects({ of: (pid) => noted.get(pid) }, () => {
    noted.set(gone, { since: 5, program: '/usr/bin/nc', ancestry: [] });
  });
  assert.equal(identify(gone, 'nc', 10).process.exe, '/usr/bin/nc');
});
