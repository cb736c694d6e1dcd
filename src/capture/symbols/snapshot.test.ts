import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mappingAt, updateSnapshot } from './snapshot.ts';

const row = (start: number, end: number, path: string): string =>
  `${start.toString(16)}-${end.toString(16)} r-xp 00000000 fe:00 ${path.length} ${path}\n`;

test('old mappings stay where nothing new lies, and known files are not asked for again', () => {
  const asked: string[] = [];
  const look = (old: Parameters<typeof updateSnapshot>[1], text: string) =>
    updateSnapshot(1, old, text, (_pid, { path }) => {
      asked.push(path);
      return { key: path, openPath: path, displayPath: path, deleted: false };
    });
  const first = look(undefined, row(0x1000, 0x3000, '/a') + row(0x5000, 0x6000, '/bb') + row(0x6000, 0x7000, '/bb'));
  assert.equal(look(first, first.text), first);
  const second = look(first, row(0x2000, 0x4000, '/ccc') + row(0x8000, 0x9000, '/bb'));
  const pathAt = (address: number) => mappingAt(second, address)?.file?.key;
  // /a overlapped the new /ccc and is gone; /bb is where it was, and where it is.
  assert.deepEqual([0x1000, 0x2000, 0x4000, 0x5fff, 0x6000, 0x7000, 0x8000].map(pathAt), [
    undefined,
    '/ccc',
    undefined,
    '/bb',
    '/bb',
    undefined,
    '/bb',
  ]);
  const third = look(second, row(0x2000, 0x4000, '/ccc') + row(0xa000, 0xb000, '/dddd'));
  assert.equal(mappingAt(third, 0x2000)?.file?.key, '/ccc');
  assert.deepEqual(asked, ['/a', '/bb', '/ccc', '/bb', '/dddd']);
});
