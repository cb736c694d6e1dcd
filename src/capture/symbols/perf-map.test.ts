import assert from 'node:assert/strict';
import { appendFileSync, chownSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../compile-for-test.ts';
import { openPerfMap } from './perf-map.ts';

const uid = process.getuid?.() ?? 0;

test('names are read as the file grows; the later of two at one address holds', (t) => {
  const path = join(temporaryFolder(t), 'perf-1.map');
  const map = openPerfMap(path, uid);
  map.update();
  assert.equal(map.find(0x1000), undefined);
  writeFileSync(path, '1000 20 JS:*old name file.js:1\n0x2000 0x10 two\nnot a line\n3000 10 to');
  map.update();
  assert.deepEqual(map.find(0x101f), { start: 0x1000, name: 'JS:*old name file.js:1' });
  assert.equal(map.find(0x1020), undefined);
  assert.equal(map.find(0x3000), undefined);
  appendFileSync(path, 'rn ünd\n1000 8 new\n');
  map.update();
  assert.deepEqual(map.find(0x3001), { start: 0x3000, name: 'torn ünd' });
  assert.equal(map.find(0x1004)?.name, 'new');
  assert.equal(map.find(0x1010), undefined);
});

test('short lines without end take little room, and that names are missing is told', (t) => {
  const path = join(temporaryFolder(t), 'perf-4.map');
  const lines = Array.from({ length: 700_000 }, (_, i) => `${(0x10_0000 + i).toString(16)} 1 x\n`);
  writeFileSync(path, lines.join(''));
  const map = openPerfMap(path, uid);
  map.update();
  assert.equal(map.find(0x10_0000)?.name, 'x');
  assert.equal(map.find(0x10_0000 + 499_999)?.start, 0x10_0000 + 499_999);
  assert.equal(map.find(0x10_0000 + 600_000), undefined);
  assert.equal(map.isCut(), true);
  assert.ok(map.memoryBytes() < 30e6, `${map.memoryBytes()} bytes`);
});

test('code that is compiled again and again needs room once', (t) => {
  const path = join(temporaryFolder(t), 'perf-5.map');
  const lines = Array.from({ length: 20_000 }, (_, i) => `${((i % 10) + 1).toString(16)}000 20 version ${i}\n`);
  writeFileSync(path, lines.join(''));
  const map = openPerfMap(path, uid, { entries: 1000, nameBytes: 10_000 });
  map.update();
  assert.equal(map.isCut(), false);
  assert.equal(map.find(0xa001)?.name, 'version 19999');
  assert.equal(map.find(0x1001)?.name, 'version 19990');
  // More names than there is room for.
  appendFileSync(
    path,
    Array.from({ length: 1000 }, (_, i) => `${(i + 0x10_0000).toString(16)} 1 ${'y'.repeat(50)}\n`).join(''),
  );
  map.update();
  assert.equal(map.isCut(), true);
  assert.equal(map.find(0xa001)?.name, 'version 19999');
});

test('a file that someone else put there is not believed', { skip: uid === 0 ? false : 'needs root' }, (t) => {
  const folder = temporaryFolder(t);
  const foreign = join(folder, 'perf-2.map');
  writeFileSync(foreign, '1000 20 lie\n');
  chownSync(foreign, 12345, 12345);
  symlinkSync(foreign, join(folder, 'perf-3.map'));
  for (const [path, owner] of [
    [foreign, 1000],
    [join(folder, 'perf-3.map'), 12345],
  ] as const) {
    const map = openPerfMap(path, owner);
    map.update();
    assert.equal(map.find(0x1000), undefined);
  }
  const own = openPerfMap(foreign, 12345);
  own.update();
  assert.equal(own.find(0x1000)?.name, 'lie');
});
