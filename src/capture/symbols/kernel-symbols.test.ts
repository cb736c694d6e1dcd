import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../compile-for-test.ts';
import { createKernelSymbols } from './kernel-symbols.ts';

const halves = (address: string): [number, number] => [
  parseInt(address.slice(0, 8), 16),
  parseInt(address.slice(8), 16),
];

const LISTED = `ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000100 t do_one
ffffffff81000200 W do_two
ffffffff82000000 D data_here
ffffffffc0a01000 t mod_do\t[some_mod]
ffff800000001000 t far_away
broken line
ffffffffc0a00000 t mod_first\t[other_mod]`;

test('an address is named by the function before it, modules told, data left out', (t) => {
  const path = join(temporaryFolder(t), 'kallsyms');
  writeFileSync(path, LISTED);
  const symbols = createKernelSymbols(path);
  const at = (address: string): string => {
    const found = symbols.find(...halves(address));
    return found ? `${found.name}+${found.offset}${found.module ? ` ${found.module}` : ''}` : 'none';
  };
  assert.equal(at('ffffffff81000000'), '_stext+0');
  assert.equal(at('ffffffff810000ff'), '_stext+255');
  assert.equal(at('ffffffff81000105'), 'do_one+5');
  assert.equal(at('ffffffff82000000'), 'none');
  assert.equal(at('ffffffffc0a01002'), 'mod_do+2 some_mod');
  assert.equal(at('ffffffffc0a00000'), 'mod_first+0 other_mod');
  assert.equal(at('ffff800000001001'), 'far_away+1');
  assert.equal(at('ffff800000000fff'), 'none');
  assert.equal(at('0000000000401000'), 'none');
});

test('without privilege, or without the file, nothing has a name', (t) => {
  const path = join(temporaryFolder(t), 'kallsyms');
  writeFileSync(path, '0000000000000000 T _stext\n0000000000000000 T do_one\n');
  assert.equal(createKernelSymbols(path).find(0, 0), undefined);
  assert.equal(createKernelSymbols(path).find(0xffffffff, 0x81000000), undefined);
  assert.equal(createKernelSymbols(`${path}.gone`).find(0xffffffff, 0x81000000), undefined);
});

const listed = readFileSync('/proc/kallsyms', 'latin1').split('\n');
const isHidden = !listed.some((line) => /^[0-9a-f]*[1-9a-f]/.test(line));

test('functions of the running kernel are found, within 16 MB', {
  skip: isHidden ? 'needs root: /proc/kallsyms shows no addresses' : false,
}, () => {
  const code = listed.filter((line) => /^[0-9a-f]{16} [tTwW] /.test(line));
  const names = new Map<string, Set<string>>();
  for (const line of code) {
    const [address = '', , rest = ''] = line.split(' ');
    names.set(address, (names.get(address) ?? new Set()).add(rest.split('\t')[0] ?? ''));
  }
  const before = process.memoryUsage();
  const symbols = createKernelSymbols();
  const began = performance.now();
  symbols.find(0xffffffff, 0x81000000);
  const took = performance.now() - began;
  for (const [address, known] of names) {
    const found = symbols.find(...halves(address));
    assert.equal(found?.offset, 0);
    assert.ok(known.has(found.name), `${found.name} at ${address}`);
  }
  assert.ok(names.size > 10_000);
  assert.ok(symbols.memoryBytes() < 16e6);
  assert.ok(process.memoryUsage().arrayBuffers - before.arrayBuffers < 16e6);
  assert.ok(took < 2000, `${took} ms`);
});
