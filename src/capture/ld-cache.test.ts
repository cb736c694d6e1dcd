import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLdCache, readLdCache } from './ld-cache.ts';

const CACHE = '/etc/ld.so.cache';
const ldconfig = spawnSync('ldconfig', ['-p'], {
  encoding: 'utf8',
  env: { ...process.env, PATH: `${process.env.PATH}:/sbin:/usr/sbin` },
});
const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
const skip = existsSync(CACHE) && ldconfig.status === 0 ? false : 'needs ldconfig and its cache';

test('the cache holds what ldconfig prints', { skip }, () => {
  const mark = machine === 'x64' ? 'libc6,x86-64' : 'libc6,AArch64';
  const expected = ldconfig.stdout.split('\n').flatMap((line) => {
    const match = /^\s+(\S+) \(([^)]*)\) => (.*)$/.exec(line);
    return match?.[2]?.startsWith(mark) ? [`${match[1]} ${match[3]}`] : [];
  });
  assert.ok(expected.length > 10);
  assert.deepEqual(
    readLdCache(machine)
      .map(({ name, path }) => `${name} ${path}`)
      .sort(),
    expected.sort(),
  );
});

test('damaged caches never throw', { skip }, () => {
  const original = readFileSync(CACHE);
  const change = fc.tuple(fc.oneof(fc.nat(200), fc.nat(original.length)), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), fc.nat(original.length), (changes, size) => {
      const bytes = Buffer.from(original.subarray(0, size));
      for (const [at, value] of changes) if (at < size) bytes[at] = value;
      parseLdCache(bytes, machine);
    }),
  );
});

test('no cache, no libraries', () => {
  assert.deepEqual(readLdCache(machine, '/nonexistent/ld.so.cache'), []);
  assert.deepEqual(parseLdCache(Buffer.from('something else'), machine), []);
});
