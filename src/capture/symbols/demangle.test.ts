import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { cpuTime } from '../../../test/cpu-time.ts';
import { demangle } from './demangle.ts';
import { limitMemory } from './wasm-memory-limit.ts';

test('C++ and both kinds of Rust symbols become readable, Rust without its hash', () => {
  const names = {
    _ZNSt6vectorIiSaIiEE9push_backEOi: 'std::vector<int, std::allocator<int> >::push_back(int&&)',
    _ZZ12calls_lambdaiENKUliE_clEi: 'calls_lambda(int)::{lambda(int)#1}::operator()(int) const',
    '_Z3fooi.cold': 'foo(int) [clone .cold]',
    _ZN4core3fmt9Formatter3pad17h0123456789abcdefE: 'core::fmt::Formatter::pad',
    _RNvCs1234_7mycrate3foo: 'mycrate::foo',
    _RINvNtC3std3mem8align_ofdE: 'std::mem::align_of::<f64>',
  };
  for (const [symbol, name] of Object.entries(names)) assert.equal(demangle(symbol), name);
});

test('other texts, and symbols that are none, stay as they are', () => {
  for (const text of [
    'main',
    '',
    '_start',
    '_Z',
    '_Zbroken',
    '__Zx',
    '_R',
    '_ZN1fE\0x',
    `_ZN${'1a'.repeat(3000)}E`,
    '_Zé',
  ])
    assert.equal(demangle(text), text);
});

/** Each type is a pair of the one before it: the name doubles with every one. */
const growing = (types: number): string =>
  `_Z1fSt4pairIiiE${Array.from({ length: types }, (_, i) => `S_IS${i.toString(36).toUpperCase()}_S${i.toString(36).toUpperCase()}_E`).join('')}`;

test('a symbol that stands for a name of gigabytes costs neither memory nor much time, and the next one works', () => {
  const before = process.memoryUsage().rss;
  assert.ok(demangle(growing(3)).startsWith('f(std::pair<int, int>, std::pair<'));
  const took = cpuTime(() => {
    for (const types of [20, 30, 60]) assert.equal(demangle(growing(types)), growing(types));
  });
  assert.ok(took < 3000, `${took} ms`);
  assert.ok(process.memoryUsage().rss - before < 300e6);
  assert.equal(demangle('_Z3fooi'), 'foo(int)');
});

const lacksCppfilt = spawnSync('c++filt', ['--version']).status === 0 ? false : 'needs c++filt from binutils';

test('names of this Node are those of c++filt, at less than 50 us each', { skip: lacksCppfilt }, () => {
  const listed = execFileSync('nm', [process.execPath], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const symbols = [...new Set(listed.match(/\b_Z[\w.$]+$/gm))].filter((_, i) => i % 40 === 0);
  const expected = execFileSync('c++filt', { input: symbols.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 }).split(
    '\n',
  );
  let names: readonly string[] = [];
  const took = cpuTime(() => {
    names = symbols.map(demangle);
  });
  assert.ok(took / symbols.length < 0.05, `${took} ms for ${symbols.length}`);
  // The two write some punctuation and thunks in their own ways: nearly all names are the same letter by letter.
  const plain = (name: string | undefined): string => (name ?? '').replace(/[^\w:]/g, '');
  const same = names.filter((name, i) => plain(name) === plain(expected[i])).length;
  assert.ok(symbols.length > 1000);
  assert.ok(same / symbols.length > 0.8, `${same} of ${symbols.length}`);
});

test('a program of WebAssembly gets its limit and stays one', () => {
  const program = readFileSync(createRequire(import.meta.url).resolve('gecko-profiler-demangle/index_bg.wasm'));
  const limited = limitMemory(program, 256);
  assert.ok(limited.length >= program.length && limited.length < program.length + 8);
  assert.deepEqual(limitMemory(limited, 256), limited);
  const header = program.subarray(0, 8);
  assert.deepEqual(limitMemory(header, 256), header);
});
