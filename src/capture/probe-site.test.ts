import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { compile, lacksCompiler, temporaryFolder } from './compile-for-test.ts';
import { chooseSite, probeSite } from './probe-site.ts';
import { openElf } from './symbols/elf.ts';
import { findFunctions } from './symbols/elf-symbols.ts';

const CUDART = '/usr/local/cuda/lib64/libcudart.so';

const X64: readonly (readonly [what: string, hex: string, offset: number, price: string])[] = [
  ['push %rbp', '554889e5', 0, 'emulated'],
  ['push %r12', '41544989fc', 0, 'emulated'],
  ['endbr64; push %rbp', 'f30f1efa55', 4, 'emulated'],
  ['endbr64; push %r15', 'f30f1efa4157', 4, 'emulated'],
  ['endbr64; nop', 'f30f1efa90', 4, 'emulated'],
  ['endbr64; 5-byte nop', 'f30f1efa0f1f440000', 4, 'nop5'],
  ['endbr64; jmp', 'f30f1efae900000000', 4, 'emulated'],
  ['endbr64; sub', 'f30f1efa4883ec08', 0, 'single_step'],
  ['endbr64; call: perhaps the head of a loop', 'f30f1efae800000000', 0, 'single_step'],
  ['endbr64; 3-byte nop is stepped', 'f30f1efa0f1f00', 0, 'single_step'],
  ['5-byte nop', '0f1f440000', 0, 'nop5'],
  ['nop', '90', 0, 'emulated'],
  ['66 nop', '6690', 0, 'emulated'],
  ['call', 'e800000000', 0, 'emulated'],
  ['jmp', 'eb10', 0, 'emulated'],
  ['je, long form', '0f8400000000', 0, 'emulated'],
  ['push with another prefix than 41', '4855', 0, 'single_step'],
  ['sub', '4883ec08', 0, 'single_step'],
  ['mov', '4889f8', 0, 'single_step'],
  ['test', '85ff', 0, 'single_step'],
  ['endbr64 alone, the file ends', 'f30f1efa', 0, 'single_step'],
  ['nothing', '', 0, 'single_step'],
];

for (const [what, hex, offset, price] of X64) {
  test(`x86-64: ${what}`, () => {
    const site = chooseSite('x64', Buffer.from(hex, 'hex'), 0x5000);
    assert.deepEqual([site.symbolOffset, site.fileOffset, site.price], [offset, 0x5000 + offset, price]);
  });
}

test('x86-64: a 5-byte nop across a page is not rewritten, and an older kernel steps it', () => {
  const code = Buffer.from('0f1f440000', 'hex');
  assert.equal(chooseSite('x64', code, 0x5ffb).price, 'nop5');
  assert.equal(chooseSite('x64', code, 0x5ffc).price, 'emulated');
  assert.equal(chooseSite('x64', code, 0x5000, { hasNop5: false }).price, 'single_step');
});

const ARM64: readonly (readonly [what: string, word: number, price: string])[] = [
  ['paciasp', 0xd503233f, 'single_step'],
  ['bti c', 0xd503245f, 'single_step'],
  ['stp x29, x30, [sp, #-32]!', 0xa9be7bfd, 'single_step'],
  ['sub sp, sp, #16', 0xd10043ff, 'single_step'],
  ['nop', 0xd503201f, 'emulated'],
  ['adrp x16, 0', 0x90000010, 'emulated'],
  ['cbz x0, +8', 0xb4000040, 'emulated'],
  ['tbnz w0, #0, +8', 0x37000040, 'emulated'],
  ['b.ne +8', 0x54000041, 'emulated'],
  ['bl +4', 0x94000001, 'emulated'],
  ['br x16', 0xd61f0200, 'emulated'],
];

for (const [what, word, price] of ARM64) {
  test(`arm64: ${what}`, () => {
    const code = Buffer.alloc(8);
    code.writeUInt32LE(word);
    const site = chooseSite('arm64', code, 0x5000);
    assert.deepEqual([site.symbolOffset, site.price], [0, price]);
  });
}

const skipX64 = process.arch === 'x64' ? lacksCompiler : 'x86-64 only';

test('a compiled function with endbr64 is probed behind it', { skip: skipX64 }, (t) => {
  const source = 'int g(int); int f(int a) { return g(a) + g(a + 1); } int leaf(int a) { return a + 1; }';
  const flags = ['-shared', '-fPIC', '-O2', '-fcf-protection=full', '-fno-omit-frame-pointer'];
  using elf = openElf(compile(temporaryFolder(t), 'cet.so', source, flags));
  const siteOf = (name: string) => {
    const symbol = findFunctions(elf, [name])[0];
    assert.ok(symbol);
    return { start: symbol.fileOffset, ...probeSite(elf, symbol) };
  };
  const f = siteOf('f');
  assert.deepEqual([f.symbolOffset, f.price, f.fileOffset], [4, 'emulated', f.start + 4]);
  assert.equal(elf.read(f.fileOffset, 1)[0], 0x55);
  assert.equal(f.firstBytes.length, 16);
});

test('libcudart is cheap to probe', {
  skip: existsSync(CUDART) && process.arch === 'x64' ? false : `needs ${CUDART}`,
}, () => {
  using elf = openElf(CUDART);
  const found = findFunctions(elf, ['cudaLaunchKernel', 'cudaMalloc', 'cudaMemcpyAsync', 'cudaStreamSynchronize']);
  assert.deepEqual(
    found.map((symbol) => probeSite(elf, symbol).price),
    ['emulated', 'emulated', 'emulated', 'emulated'],
  );
});
