import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startKey, startsOf } from './path-starts.ts';

const LEADS = 0x8000_0000;
const ids = new Map([
  ['/', 2],
  ['/etc', 3],
]);
const identify = (path: string) => {
  const inode = ids.get(path);
  return inode === undefined ? undefined : { device: 1, inode };
};
const folder = (path: string, inode: number, guards: number) => ({ path, device: 1, inode, guards });

test('a guarded folder is led to from itself and from all above it; what both guard is put together', () => {
  const { guards, paths } = startsOf([folder('/etc/cron.d', 9, 4), folder('/etc', 3, 8)], identify);
  assert.deepEqual(Object.fromEntries(guards), {
    '1:9:': (LEADS | 4) >>> 0,
    '1:3:': (LEADS | 8) >>> 0,
    '1:3:cron.d/': 4,
    '1:2:': LEADS,
    '1:2:etc/cron.d/': 4,
    '1:2:etc/': 8,
  });
  assert.equal(paths.get('1:3'), '/etc');
});

test('a folder above that is gone leads nowhere, and what is too long is left out', () => {
  const long = 'x'.repeat(130);
  const { guards } = startsOf([folder(`/gone/${long}`, 9, 4)], identify);
  assert.deepEqual([...guards.keys()], ['1:9:']);
});

test('the key has as many bits as there are of it', () => {
  const key = startKey('1:3:cron.d/');
  const view = new DataView(key.buffer);
  assert.deepEqual(
    [key.length, view.getUint32(0, true), view.getUint32(4, true), Number(view.getBigUint64(8, true))],
    [144, (12 + 7) * 8, 1, 3],
  );
  assert.equal(Buffer.from(key.subarray(16, 23)).toString(), 'cron.d/');
});
