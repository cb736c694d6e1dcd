import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compile, lacksCompiler, MAPPER, start, temporaryFolder } from './compile-for-test.ts';
import { descriptorName, mappedName } from './file-names.ts';

const GONE = 2 ** 22 + 1;

test('a descriptor has the name of its file while it is that file', (t) => {
  const path = join(temporaryFolder(t), 'two words');
  writeFileSync(path, 'x');
  const fd = openSync(path, 'r');
  const { ino } = fstatSync(fd);
  assert.equal(descriptorName(process.pid, fd, ino), path);
  assert.equal(descriptorName(process.pid, fd, ino + 1), undefined);
  renameSync(path, `${path} moved`);
  assert.equal(descriptorName(process.pid, fd, ino), `${path} moved`);
  rmSync(`${path} moved`);
  assert.equal(descriptorName(process.pid, fd, ino), `${path} moved (deleted)`);
  closeSync(fd);
  assert.equal(descriptorName(process.pid, fd, ino), undefined);
  assert.equal(descriptorName(GONE, 0, ino), undefined);
});

test('pipes of another process are named, and nothing of one that has gone', async (t) => {
  const { pid, stop } = await start(t, 'sh', ['-c', 'echo up; read x']);
  const { ino } = statSync(`/proc/${pid}/fd/0`);
  assert.match(descriptorName(pid, 0, ino) ?? '', /^(?:pipe|socket):\[\d+\]$/);
  await stop();
  assert.equal(descriptorName(pid, 0, ino), undefined);
});

test('a mapped file has its path', { skip: lacksCompiler }, async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'mapped here');
  writeFileSync(path, Buffer.alloc(8192));
  const { pid, stop } = await start(t, compile(folder, 'mapper', MAPPER), [path]);
  const { dev, ino: inode } = statSync(path);
  // stat's dev_t: gnu_dev_major and gnu_dev_minor of sys/sysmacros.h, for numbers below 2^32.
  const device = (((dev >>> 8) & 0xfff) << 20) | ((dev & 0xff) | ((dev >>> 12) & 0xfff00));
  assert.equal(mappedName(pid, { device, inode }), path);
  assert.equal(mappedName(pid, { device: device + 1, inode }), undefined);
  assert.equal(mappedName(pid, { device, inode: inode + 100_000 }), undefined);
  assert.equal(mappedName(pid, { device: 0, inode: 0 }), undefined);
  rmSync(path);
  assert.equal(mappedName(pid, { device, inode }), `${path} (deleted)`);
  await stop();
  assert.equal(mappedName(pid, { device, inode }), undefined);
});
