import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFileMapping, parseMaps } from './maps.ts';

const EXAMPLE = `
5576a40fe000-5576a4103000 r-xp 00002000 fe:00 260131                     /usr/bin/cat
7f0000000000-7f0000001000 r-xs 00000000 103:0a 18446744073709551615      /srv/two words\\012here\\040x (deleted)
7f9d884dc000-7f9d884fe000 rw-p 00000000 00:00 0 
7f9d88754000-7f9d88756000 r-xp 00000000 00:00 0                          [vdso]
7f9d88800000-7f9d88801000 r-xp 00001000 00:01 1025                       /memfd:jit (deleted)
7f9d88802000-7f9d88803000 rwxp 00000000 00:00 0                          [anon: x (deleted)]
7f9d88804000-7f9d888
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

test('rows of every kind are read', () => {
  const row = { offset: 0, executable: true, device: '00:00', inode: '0', deleted: false };
  assert.deepEqual(parseMaps(EXAMPLE), [
    {
      ...row,
      start: 0x5576a40fe000,
      end: 0x5576a4103000,
      offset: 0x2000,
      device: 'fe:00',
      inode: '260131',
      path: '/usr/bin/cat',
    },
    {
      ...{ ...row, start: 0x7f0000000000, end: 0x7f0000001000, device: '103:0a', inode: '18446744073709551615' },
      ...{ path: '/srv/two words\nhere x', deleted: true },
    },
    { ...row, start: 0x7f9d884dc000, end: 0x7f9d884fe000, executable: false, path: undefined },
    { ...row, start: 0x7f9d88754000, end: 0x7f9d88756000, path: '[vdso]' },
    {
      ...{ ...row, start: 0x7f9d88800000, end: 0x7f9d88801000, offset: 0x1000, device: '00:01', inode: '1025' },
      ...{ path: '/memfd:jit', deleted: true },
    },
    { ...row, start: 0x7f9d88802000, end: 0x7f9d88803000, path: '[anon: x (deleted)]' },
  ]);
});

test('the maps of this process name the program that runs it', () => {
  const mappings = parseMaps(readFileSync('/proc/self/maps', 'utf8'));
  const own = mappings.filter((mapping) => mapping.executable && isFileMapping(mapping));
  const node = own.find(({ inode }) => inode === String(statSync(process.execPath).ino));
  assert.ok(node && !node.deleted);
  assert.ok(mappings.every(({ start, end }) => start < end));
  assert.ok(!mappings.some(({ path }) => path === '[vsyscall]'));
});

test('any text is read without a throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(EXAMPLE.length), fc.nat(EXAMPLE.length), (noise, from, to) => {
      parseMaps(EXAMPLE.slice(0, from) + noise + EXAMPLE.slice(to));
    }),
  );
});
