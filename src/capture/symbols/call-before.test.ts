import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { endsWithCall } from './call-before.ts';
import { openElf } from './elf.ts';

const skip =
  process.arch !== 'x64'
    ? 'needs x86-64'
    : spawnSync('objdump', ['--version']).status === 0
      ? false
      : 'needs objdump from binutils';

test('every call that objdump sees is one', { skip }, () => {
  const line = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  const path = /libstdc\+\+\S* => (\S+)/.exec(line)?.[1] ?? /libc\.so\S* => (\S+)/.exec(line)?.[1] ?? '';
  using elf = openElf(path);
  const text = elf.section('.text');
  assert.ok(text);
  const stop = text.address + Math.min(text.size, 200_000);
  const listed = execFileSync('objdump', ['-d', `--start-address=${text.address}`, `--stop-address=${stop}`, path], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const rows = [...listed.matchAll(/^ +([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(?:([a-z0-9 ]+?) )?/gm)];
  let calls = 0;
  for (const [i, [, address = '', bytes = '', mnemonic]] of rows.entries()) {
    if (mnemonic !== 'call') continue;
    const end = parseInt(address, 16) + bytes.trim().split(' ').length;
    if (parseInt(rows[i + 1]?.[1] ?? '', 16) !== end) continue;
    calls++;
    const before = elf.read((elf.fileOffsetOf(end) ?? 0) - 8, 8);
    assert.equal(endsWithCall('x64', before), true, `${address}: ${bytes}`);
  }
  assert.ok(calls > 1000, `${calls} calls`);
});

test('what is no call is none', () => {
  const ends = (...bytes: number[]): boolean => endsWithCall('x64', Buffer.of(0x90, 0x90, 0x90, ...bytes));
  assert.equal(ends(0x48, 0x89, 0xe5, 0x90, 0x5d), false); // mov, nop, pop
  assert.equal(ends(0x90, 0x90, 0x90, 0xff, 0xe0), false); // jmp rax
  assert.equal(ends(0x90, 0x90, 0x90, 0xff, 0xd0), true); // call rax
  assert.equal(ends(0x90, 0x90, 0xff, 0x50, 0x08), true); // call [rax+8]
  assert.equal(endsWithCall('x64', Buffer.alloc(0)), false);
  const arm = (word: number): boolean => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(word >>> 0, 4);
    return endsWithCall('arm64', bytes);
  };
  assert.deepEqual([0x97fffff0, 0x94000010, 0xd63f0100, 0xd73f0941, 0xd65f03c0, 0x14000004].map(arm), [
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});
