import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openElf } from './elf.ts';
import { createFrameRows } from './frame-rows.ts';
import { createResolver } from './resolver.ts';
import { loadSymbolTable } from './symbol-table.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
/** Bytes in use by JavaScript and its buffers. What is not needed goes away in steps: the least of several looks counts. */
const usedBytes = (): number => {
  const looks = Array.from({ length: 5 }, () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  });
  return Math.min(...looks);
};

const isLarge = statSync(process.execPath).size > 80e6;

test('the symbols and unwind rows of a binary of 100 MB stay under 20 MB', {
  skip: isLarge ? false : 'needs a large node binary',
}, () => {
  const before = usedBytes();
  using elf = openElf(process.execPath);
  const table = loadSymbolTable(elf);
  const rows = createFrameRows(elf);
  const text = elf.section('.text');
  assert.ok(text && table.count > 50_000);
  let named = 0;
  let found = 0;
  for (let i = 0; i < 20_000; i++) {
    const address = text.address + Math.floor((text.size * i) / 20_000);
    if (rows.rowAt(address)) found++;
    if (i % 20 === 0 && table.find(address)) named++;
  }
  assert.ok(found > 8000 && named > 500, `${found} rows, ${named} names`);
  assert.ok(table.memoryBytes + rows.memoryBytes() < 20e6);
  const used = usedBytes() - before;
  assert.ok(used < 20e6, `${used} bytes in use`);
  assert.ok(used < (table.memoryBytes + rows.memoryBytes()) * 1.5 + 3e6, `${used} bytes, ${table.memoryBytes} told`);
});

test('functions of the vdso have names', (t) => {
  const resolver = createResolver({ demangle: (name) => name });
  t.after(resolver.close);
  resolver.remember(process.pid, readFileSync('/proc/self/maps', 'utf8'));
  const vdso = /^(\w+)-(\w+) r-xp .*\[vdso\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'));
  if (!vdso) return t.skip('needs a kernel with a vdso');
  const names = new Set<string | undefined>();
  for (let at = parseInt(vdso[1] ?? '', 16); at < parseInt(vdso[2] ?? '', 16); at += 8)
    names.add(resolver.resolve(process.pid, at).name);
  assert.ok(
    [...names].some((name) => name?.includes('clock_gettime')),
    String([...names]),
  );
});
