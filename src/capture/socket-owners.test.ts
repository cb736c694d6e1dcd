import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { start } from './compile-for-test.ts';
import { createSocketOwners } from './socket-owners.ts';

const SERVER = `require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this._handle.fd); });
process.stdin.resume()`;

test('the holder of a socket is found, with few scans', async (t) => {
  let time = 5000;
  const owners = createSocketOwners({ scanEveryMs: 1000, now: () => time });
  assert.equal(owners.ownerOf(0), undefined);
  assert.equal(owners.scans(), 0);
  const { pid, line, stop } = await start(t, process.execPath, ['-e', SERVER]);
  const inode = Number(/\d+/.exec(readlinkSync(`/proc/${pid}/fd/${line}`))?.[0]);
  assert.equal(owners.ownerOf(inode), pid);
  assert.equal(owners.ownerOf(inode), pid);
  assert.equal(owners.scans(), 1);
  // Not found, and too early to look again.
  for (let i = 0; i < 100; i++) assert.equal(owners.ownerOf(2 ** 40 + i), undefined);
  assert.equal(owners.scans(), 1);
  await stop();
  assert.equal(owners.ownerOf(inode), undefined);
  assert.equal(owners.scans(), 1);
  time += 1000;
  assert.equal(owners.ownerOf(inode), undefined);
  assert.equal(owners.scans(), 2);
});

test('of several holders the first to start is meant', async (t) => {
  const parent = `const { spawn } = require('node:child_process');
    require('node:net').createServer().listen(0, '127.0.0.1', function () {
      const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', this._handle.fd] });
      process.on('exit', () => child.kill());
      process.on('SIGTERM', () => process.exit());
      console.log(this._handle.fd, child.pid);
    });
    process.stdin.resume()`;
  const { pid, line } = await start(t, process.execPath, ['-e', parent]);
  const [fd = '', child = ''] = line.split(' ');
  t.after(() => process.kill(Number(child), 'SIGKILL'));
  const link = readlinkSync(`/proc/${pid}/fd/${fd}`);
  assert.equal(readlinkSync(`/proc/${child}/fd/3`), link);
  assert.equal(createSocketOwners().ownerOf(Number(/\d+/.exec(link)?.[0])), pid);
});

test('our own network namespace is among those seen', () => {
  const own = readlinkSync('/proc/self/ns/net');
  const seen = createSocketOwners()
    .namespacePids()
    .map((pid) => readlinkSync(`/proc/${pid}/ns/net`));
  assert.ok(seen.includes(own));
  assert.equal(new Set(seen).size, seen.length);
});
