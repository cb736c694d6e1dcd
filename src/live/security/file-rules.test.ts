import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileLook } from '../../capture/live/guard.ts';
import { fileRules } from './file-rules.ts';
import type { FoundPlace } from './find-places.ts';
import { PLACES } from './places.ts';

const found = (path: string, isFolder: boolean, like: string, as: FoundPlace['as']): FoundPlace => {
  const place = PLACES.find((one) => one.path === like && one.as === as);
  assert.ok(place !== undefined, like);
  return { path, isFolder, device: 0x801, inode: 1, as, place };
};
const places = [
  found('/etc/shadow', false, '/etc/shadow', 'secret'),
  found('/var/log', true, '/var/log/**', 'log'),
  found('/homes/a', true, '~/', 'log'),
  found('/homes/a', true, '~/', 'start'),
  ...PLACES.filter(({ path }) => path === '/etc/').map((place) => ({
    ...{ path: '/etc', isFolder: true, device: 1, inode: 2, as: place.as, place },
  })),
];
const O_WRONLY = 1;
const O_TRUNC = 0x200;

/** As the kernel numbers device 8:1; stat(2) says 0x801. */
const DISK = 0x80_0001;

const told = (look: Partial<FileLook>) =>
  fileRules(() => places).flatMap((rule) => {
    const judged = rule.judge({
      ...{ time: 0, pid: 0, tid: 0, uid: 0, comm: '', action: 'opened', guards: [], flags: 0, isNew: false },
      ...{ path: '', device: 0, inode: 0, folderDevice: 0, folderInode: 0 },
      ...look,
    });
    return judged === undefined
      ? []
      : [`${rule.id} ${judged.severity ?? rule.severity} ${judged.technique ?? rule.technique}`];
  });

test('a secret is worse when it is opened to write', () => {
  const secret = { guards: ['secret'], path: '/etc/shadow' } as const;
  assert.deepEqual(told(secret), ['sensitive_file medium T1003.008']);
  assert.deepEqual(told({ ...secret, flags: O_WRONLY }), ['sensitive_file high T1003.008']);
});

test('a secret is one by what it is, whatever its name is now, and another file is none by its name', () => {
  const moved = { guards: ['secret'], path: '/tmp/zz', device: DISK, inode: 1 } as const;
  assert.deepEqual(told(moved), ['sensitive_file medium T1003.008']);
  assert.deepEqual(told({ ...moved, path: '/etc/shadow', inode: 7 }), []);
  const [judged] = fileRules(() => places).map((rule) =>
    rule.judge({
      ...{ time: 0, pid: 0, tid: 0, uid: 0, comm: '', action: 'opened', flags: 0, isNew: false },
      ...{ folderDevice: 0, folderInode: 0 },
      ...moved,
    }),
  );
  assert.deepEqual([judged?.facts?.file, judged?.facts?.is_also], ['/tmp/zz', '/etc/shadow']);
});

test('our own files are guarded from all others, also from those that run the same program', () => {
  const own: FoundPlace = {
    ...{ path: '/r/run.db', isFolder: false, device: 0x801, inode: 9, as: 'own' },
    place: { path: '/r/run.db', as: 'own', technique: 'T1562.001', what: 'files of whytrace' },
  };
  const rule = fileRules(() => [own]).find(({ id }) => id === 'recorder_files');
  const judged = rule?.judge({
    ...{ time: 0, pid: process.pid, tid: 0, uid: 0, comm: '', action: 'opened', flags: O_WRONLY, isNew: false },
    ...{ guards: ['own'], path: '/r/run.db', device: DISK, inode: 9, folderDevice: 0, folderInode: 0 },
  });
  assert.notEqual(judged, undefined);
  assert.equal(judged?.severity, undefined, 'not lowered');
});

test('a log is wiped when what was there is gone, not when it begins', () => {
  const log = { guards: ['log'], path: '/var/log/deep/x', flags: O_WRONLY | O_TRUNC } as const;
  assert.deepEqual(told(log), ['log_wiped medium T1070.002']);
  assert.deepEqual(told({ ...log, isNew: true }), []);
  assert.deepEqual(told({ ...log, action: 'removed' }), ['log_wiped medium T1070.002']);
  assert.deepEqual(told({ ...log, path: '/homes/a/.bash_history' }), ['history_wiped medium T1070.003']);
  assert.deepEqual(told({ ...log, path: '/homes/a/notes.txt' }), [], 'a home holds more than histories');
});

test('what starts by itself, by place', () => {
  const start = { guards: ['start'], flags: O_WRONLY } as const;
  assert.deepEqual(told({ ...start, path: '/etc/ld.so.preload' }), ['persistence high T1574.006']);
  assert.deepEqual(told({ ...start, path: '/etc/crontab' }), ['persistence medium T1053.003']);
  assert.deepEqual(told({ ...start, path: '/homes/a/.bashrc', action: 'placed' }), ['persistence medium T1546.004']);
  assert.deepEqual(told({ ...start, path: '/etc/hosts' }), []);
});
