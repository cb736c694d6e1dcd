import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../compile-for-test.ts';
import { createKernelSymbols } from './kernel.ts';

const TEXT = `ffffffff81000000 T _text
ffffffff81000000 T same_place
ffffffff81000100 t inner
ffffffff81000200 D some_data
ffffffff81000300 T _etext
ffffffffc0201000 t nv_open\t[nvidia]
ffff800080010000 T arm_entry
`;

test('addresses fall into functions, and past the end into none', (t) => {
  const path = join(temporaryFolder(t), 'kallsyms');
  writeFileSync(path, TEXT);
  const kernel = createKernelSymbols(path);
  const at = (high: number, low: number) => {
    const { name, module, offset } = kernel.resolve(high, low);
    return name === undefined ? undefined : `${name}+${offset}${module ? ` ${module}` : ''}`;
  };
  assert.equal(at(0xffffffff, 0x81000010), '_text+16');
  assert.equal(at(0xffffffff, 0x81000250), 'inner+336');
  assert.equal(at(0xffffffff, 0x81000301), undefined);
  assert.equal(at(0xffffffff, 0xc0201004), 'nv_open+4 nvidia');
  assert.equal(at(0xffffffff, 0xf0000000), undefined);
  assert.equal(at(0xffff8000, 0x80010008), 'arm_entry+8');
  assert.equal(at(0x00007fff, 0x81000010), undefined);
});

test('hidden, missing and broken tables resolve nothing', (t) => {
  const folder = temporaryFolder(t);
  const hidden = join(folder, 'hidden');
  writeFileSync(hidden, TEXT.replace(/^\w{16}/gm, '0'.repeat(16)));
  const broken = join(folder, 'broken');
  writeFileSync(broken, 'fffff\n\nzzzzzzzzzzzzzzzz T x\nffffffff81000000 T');
  for (const path of [hidden, broken, join(folder, 'missing'), folder]) {
    const kernel = createKernelSymbols(path);
    assert.equal(kernel.available(), false);
    assert.equal(kernel.resolve(0xffffffff, 0x81000000).name, undefined);
  }
});

const first =
  readFileSync('/proc/kallsyms', 'latin1')
    .split('\n')
    .find((line) => / T do_\w+$/.test(line)) ?? '';
const skip = first === '' || first.startsWith('0'.repeat(16)) ? 'the kernel hides its addresses from this user' : false;

test('this kernel names its own functions', { skip }, () => {
  const kernel = createKernelSymbols();
  const name = first.split(' ')[2];
  const found = kernel.resolve(parseInt(first.slice(0, 8), 16), parseInt(first.slice(8, 16), 16));
  assert.deepEqual(found, { name, module: undefined, offset: 0 });
  assert.equal(kernel.available(), true);
});
