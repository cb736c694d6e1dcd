import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../base/errors.ts';
import { probeSites } from '../sites/probe-site.ts';
import { readBuildId } from './build-id.ts';
import { openElf, tryOpenElf } from './elf.ts';
import { readDynamic } from './elf-dynamic.ts';
import { findFunctions } from './elf-symbols.ts';
import { loadSymbolTable } from './symbol-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-elf-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('says what a program is and where its pieces lie', () => {
  using elf = openElf(process.execPath);
  assert.equal(elf.machine, process.arch);
  const text = elf.section('.text');
  assert.ok(text);
  assert.equal(elf.fileOffsetOf(text.address), text.offset);
  assert.equal(elf.addressOf(text.offset), text.address);
  assert.equal(elf.fileOffsetOf(2 ** 52), undefined);
  assert.equal(elf.addressOf(elf.size + 1), undefined);
});

for (const [what, make] of [
  ['a missing file', () => join(folder, 'missing')],
  ['a folder', () => folder],
  ['an empty file', () => write('empty', Buffer.alloc(0))],
  ['a script', () => write('script', Buffer.from(`#!/bin/sh\n${'echo hello\n'.repeat(20)}`))],
  ['a 32-bit program', () => write('elf32', Buffer.concat([Buffer.from('7f454c460101', 'hex'), Buffer.alloc(100)]))],
  ['a pipe', () => pipe('pipe')],
] as const) {
  test(`${what} is refused with elf_unreadable`, () => {
    const path = make();
    assert.throws(
      () => openElf(path),
      (thrown) => thrown instanceof UserError && thrown.parts.code === 'elf_unreadable',
    );
    assert.equal(tryOpenElf(path), undefined);
  });
}

test('a file cut short while open is refused, not misread', () => {
  const path = join(folder, 'shrinking');
  copyFileSync('/bin/true', path);
  using elf = openElf(path);
  truncateSync(path, 1000);
  assert.throws(() => loadSymbolTable(elf).find(0) ?? elf.read(2000, 10), { name: 'UserError' });
});

/** Everything we ever do with a file. */
const readAll = (path: string): void => {
  using elf = openElf(path);
  readBuildId(elf);
  readDynamic(elf);
  probeSites(elf, findFunctions(elf, ['malloc', 'main', 'cudaMalloc']), { x64: true, x64AnyForm: true, arm64: true });
  const table = loadSymbolTable(elf);
  for (const address of [0, 0x1000, 0x4321, 2 ** 40]) table.find(address);
};

test('random damage never causes anything but elf_unreadable', () => {
  // A small real library, so that a random byte often hits a structure; the first kilobyte is hit half of the time.
  const original = readFileSync('/bin/true');
  using pristine = openElf('/bin/true');
  const headers = original.readUInt32LE(40);
  const place = fc.oneof(
    fc.nat(1023),
    fc.integer({ min: headers, max: original.length - 1 }),
    fc.nat(original.length - 1),
    ...pristine.sections
      .filter(({ type }) => type !== 1 && type !== 8)
      .map((s) => fc.nat(s.size).map((n) => s.offset + n)),
  );
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 0xff, 0x7f, 0x80));
  const damage = fc.array(fc.tuple(place, byte), { minLength: 1, maxLength: 12 });
  const length = fc.option(fc.nat(original.length), { nil: original.length, freq: 5 });
  let survived = 0;
  fc.assert(
    fc.property(damage, length, (changes, size) => {
      const bytes = Buffer.from(original.subarray(0, size));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const path = write('damaged', bytes);
      try {
        readAll(path);
        survived++;
      } catch (thrown) {
        assert.ok(thrown instanceof UserError && thrown.parts.code === 'elf_unreadable', String(thrown));
      }
    }),
    { numRuns: 600 },
  );
  assert.ok(survived > 10, 'no damaged file got past the header: the test reaches too little');
});

function write(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function pipe(name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}
