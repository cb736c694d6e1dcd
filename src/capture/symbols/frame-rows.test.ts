import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { compile, lacksCompiler, temporaryFolder } from '../compile-for-test.ts';
import { attempt } from './attempt.ts';
import { openElf, tryOpenElf } from './elf.ts';
import type { FrameRow, RegisterRule } from './frame-row.ts';
import { createFrameRows } from './frame-rows.ts';

const LIBRARIES = [
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
  '/lib/x86_64-linux-gnu/libgcc_s.so.1',
].filter(existsSync);
const lacksReadelf =
  spawnSync('readelf', ['--version']).status === 0
    ? LIBRARIES.length > 0 && process.arch === 'x64'
      ? false
      : 'needs the glibc of Debian on x86-64'
    : 'needs readelf from binutils';

const NAMES = 'rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 ra'.split(' ');
const signed = (offset: number): string => (offset < 0 ? String(offset) : `+${offset}`);

/** A rule as readelf writes it. */
const ruleText = (rule: RegisterRule | undefined): string => {
  switch (rule?.kind) {
    case undefined:
    case 'undefined':
      return 'u';
    case 'same':
      return 's';
    case 'offset':
      return `c${signed(rule.offset)}`;
    case 'value_offset':
      return `v${signed(rule.offset)}`;
    case 'register':
      return NAMES[rule.register] ?? '?';
    case 'expression':
      return 'exp';
    case 'value_expression':
      return 'vexp';
  }
};
const cfaText = ({ cfa }: FrameRow): string =>
  cfa.kind === 'expression' ? 'exp' : `${NAMES[cfa.register]}${signed(cfa.offset)}`;

type Expected = { from: number; to: number; columns: string[]; cells: string[] };

/** All rows that readelf sees: from which address up to which other one. */
const rowsByReadelf = (path: string): Expected[] => {
  // It ends with 1 where it warns, as of libc.
  const { stdout } = spawnSync('readelf', ['--debug-dump=frames-interp', path], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const text = stdout.replace(/\br\d+ \((\w+)\)/g, '$1');
  const rows: Expected[] = [];
  let end = 0;
  let columns: string[] = [];
  let last: Expected | undefined;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const frame = /FDE.*pc=\w+\.\.(\w+)/.exec(line);
    if (frame || line === '') last = undefined;
    if (frame) end = parseInt(frame[1] ?? '', 16);
    else if (words[0] === 'LOC') columns = words.slice(2);
    else if (line.includes('CIE')) end = 0;
    else if (/^[0-9a-f]{16}$/.test(words[0] ?? '') && end > 0) {
      const from = parseInt(words[0] ?? '', 16);
      if (last) last.to = from;
      last = { from, to: end, columns, cells: words.slice(1) };
      rows.push(last);
    }
  }
  return rows;
};

for (const path of LIBRARIES)
  test(`every row of ${path} is what readelf says`, { skip: lacksReadelf }, () => {
    using elf = openElf(path);
    const rows = createFrameRows(elf);
    let checked = 0;
    for (const { from, to, columns, cells } of rowsByReadelf(path)) {
      if (from >= to) continue;
      for (const address of [from, to - 1]) {
        const row = rows.rowAt(address);
        assert.ok(row, `no row at 0x${address.toString(16)}`);
        const found = [cfaText(row), ...columns.map((name) => ruleText(row.rules.get(NAMES.indexOf(name))))];
        assert.deepEqual(found, cells, `at 0x${address.toString(16)}`);
      }
      checked++;
    }
    assert.ok(checked > 100, `only ${checked} rows`);
    assert.ok(rows.memoryBytes() < 4 * 1024 * 1024);
  });

const PLAIN = `int leaf(int a) { return a * 3; }
int outer(int a, char *b) { char c[a]; c[0] = b[0]; return leaf(a) + c[a / 2]; }`;

test('without a search table all entries are read, to the same rows', { skip: lacksCompiler }, (t) => {
  const folder = temporaryFolder(t);
  const flags = ['-shared', '-fPIC', '-O2'];
  using withTable = openElf(compile(folder, 'with.so', PLAIN, flags));
  using without = openElf(compile(folder, 'without.so', PLAIN, flags));
  assert.ok(withTable.ehFrameHeader);
  without.ehFrameHeader = undefined;
  const [one, other] = [createFrameRows(withTable), createFrameRows(without)];
  const text = withTable.section('.text');
  assert.ok(text);
  let known = 0;
  for (let address = text.address; address < text.address + text.size; address++) {
    assert.deepEqual(other.rowAt(address), one.rowAt(address));
    if (one.rowAt(address)) known++;
  }
  assert.ok(known > 20);
  assert.equal(one.rowAt(1), undefined);
  assert.equal(one.rowAt(2 ** 40), undefined);
  assert.equal(one.rowAt(Number.NaN), undefined);
});

test('a file without unwind tables has no rows', { skip: lacksCompiler }, (t) => {
  const flags = ['-shared', '-nostdlib', '-fno-asynchronous-unwind-tables', '-fno-exceptions'];
  using elf = openElf(compile(temporaryFolder(t), 'none.so', 'int leaf(int a) { return a * 3; }', flags));
  const text = elf.section('.text');
  assert.ok(text && text.size > 0);
  assert.equal(createFrameRows(elf).rowAt(text.address), undefined);
});

test('damaged unwind tables give rows or none, quickly, and no error', { skip: lacksCompiler }, (t) => {
  const folder = temporaryFolder(t);
  const source = compile(folder, 'good.so', PLAIN, ['-shared', '-fPIC', '-O2']);
  const good = readFileSync(source);
  using elf = openElf(source);
  const [frames, text] = [elf.section('.eh_frame'), elf.section('.text')];
  const header = elf.ehFrameHeader;
  assert.ok(frames && text && header);
  const path = join(folder, 'bad.so');
  const places = fc.oneof(
    fc.nat(frames.size - 1).map((at) => frames.offset + at),
    fc.nat(header.size - 1).map((at) => header.offset + at),
    fc.nat(good.length - 1),
  );
  const damage = fc.array(fc.tuple(places, fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff))), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(damage, fc.boolean(), (bytes, hasTable) => {
      const bad = Buffer.from(good);
      for (const [at, value] of bytes) bad[at] = value;
      writeFileSync(path, bad);
      using damaged = attempt(() => tryOpenElf(path));
      if (!damaged) return;
      if (!hasTable) damaged.ehFrameHeader = undefined;
      const rows = createFrameRows(damaged);
      for (let address = text.address; address < text.address + text.size; address += 5) rows.rowAt(address);
      assert.ok(rows.memoryBytes() < 1024 * 1024);
    }),
    { numRuns: 400 },
  );
});
