import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { compile, lacksCompiler, temporaryFolder } from '../compile-for-test.ts';
import { openElf } from './elf.ts';
import { findExports } from './elf-exports.ts';

const LIBRARY = `#include <stdlib.h>
int numbers[25] = {1};
char zeroes[4000];
static int hidden = 7;
int number_of(void) { return hidden + (malloc(1) != 0); }`;

test('exported data and functions are found by name, and nothing else', { skip: lacksCompiler }, (t) => {
  const path = compile(temporaryFolder(t), 'library.so', LIBRARY, ['-shared', '-fPIC']);
  using elf = openElf(path);
  const names = ['numbers', 'zeroes', 'number_of', 'hidden', 'malloc', 'number', 'numbers_', ''];
  const found = findExports(elf, names);
  const said = execFileSync('nm', ['-D', '--defined-only', path], { encoding: 'utf8' });
  const addresses = new Map(
    said
      .trim()
      .split('\n')
      .map((row) => [row.split(' ')[2] ?? '', parseInt(row, 16)]),
  );
  assert.deepEqual([...found.keys()].sort(), ['number_of', 'numbers', 'zeroes']);
  for (const [name, { address }] of found) assert.equal(address, addresses.get(name), name);
  assert.equal(found.get('numbers')?.size, 100);
  assert.equal(found.get('zeroes')?.size, 4000);
});

test('a program without exports has none', { skip: lacksCompiler }, (t) => {
  using elf = openElf(compile(temporaryFolder(t), 'static', 'int main(void) { return 0; }', ['-static']));
  assert.equal(findExports(elf, ['main', 'malloc']).size, 0);
});
