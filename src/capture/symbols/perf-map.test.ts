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
