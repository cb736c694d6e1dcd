import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { compile, lacksCompiler, temporaryFolder } from '../compile-for-test.ts';
import { readBuildId } from './build-id.ts';
import { openElf } from './elf.ts';
import { readDynamic } from './elf-dynamic.ts';
import { findFunctions } from './elf-symbols.ts';
import { loadSymbolTable } from './symbol-table.ts';

const CUDART = '/usr/local/cuda/lib64/libcudart.so';
const LIBC = ['/lib/x86_64-linux-gnu/libc.so.6', '/lib/aarch64-linux-gnu/libc.so.6', '/lib64/libc.so.6'].find(
  existsSync,
);
const lacksBinutils = spawnSync('nm', ['--version']).status === 0 ? false : 'needs nm from binutils';
const skipUnless = (path: string | undefined): string | false =>
  lacksBinutils || (path !== undefined && existsSync(path) ? false : `needs ${path ?? 'glibc'}`);

/** What `nm` says of functions: name (without version) -> addresses. */
const nmFunctions = (path: string, flags: readonly string[]): Map<string, Set<number>> => {
  const options = [...flags, '--defined-only', '--format=sysv', path];
  const text = execFileSync('nm', options, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const functions = new Map<string, Set<number>>();
  for (const line of text.split('\n')) {
    const [name = '', address = '', , type = ''] = line.split('|').map((field) => field.trim());
    if (type !== 'FUNC') continue;
    const plain = name.replace(/@.*/, '');
    functions.set(plain, (functions.get(plain) ?? new Set()).add(parseInt(address, 16)));
  }
  return functions;
};

for (const path of [CUDART, LIBC]) {
  test(`all exported functions of ${path} are where nm sees them`, { skip: skipUnless(path) }, () => {
    using elf = openElf(path ?? '');
    const expected = nmFunctions(path ?? '', ['-D']);
    const found = findFunctions(elf, expected.keys());
    const addresses = new Map<string, Set<number>>();
    for (const { name, address, fileOffset } of found) {
      addresses.set(name, (addresses.get(name) ?? new Set()).add(address));
      assert.equal(elf.addressOf(fileOffset), address);
    }
    assert.ok(expected.size > 200);
    assert.deepEqual([...addresses].sort(), [...expected].sort());
  });
}

test('a CUDA runtime function is found by its plain name', { skip: skipUnless(CUDART) }, () => {
  using elf = openElf(CUDART);
  const found = findFunctions(elf, ['cudaLaunchKernel', 'cudaNoSuchThing', '']);
  assert.deepEqual(
    found.map(({ name, isDefaultVersion }) => [name, isDefaultVersion]),
    [['cudaLaunchKernel', true]],
  );
  assert.equal(elf.section('.nv_fatbin'), undefined);
});

const VERSIONED = `
__asm__(".symver old_f, f@V1"); __asm__(".symver new_f, f@@V2");
int old_f(void) { return 1; } int new_f(void) { return 2; } static int inner(void) { return 3; }
int puts(const char *); int g(void) { return inner() + puts(""); }`;

test('old versions come after the default one; local functions are found too', {
  skip: lacksCompiler || lacksBinutils,
}, (t) => {
  const folder = temporaryFolder(t);
  const script = compile(folder, 'empty.so', '', ['-shared']);
  execFileSync('sh', ['-c', `printf 'V1 { f; }; V2 { f; g; } V1;' > ${script}.map`]);
  const flags = [
    '-shared',
    '-fPIC',
    '-O0',
    `-Wl,--version-script=${script}.map`,
    '-Wl,-soname,libv.so.1',
    '-Wl,-rpath,$ORIGIN/x',
  ];
  using elf = openElf(compile(folder, 'libv.so', VERSIONED, flags));
  const byNm = nmFunctions(elf.path, []);
  const [newF, oldF] = findFunctions(elf, ['f']);
  assert.deepEqual([newF?.isDefaultVersion, oldF?.isDefaultVersion], [true, false]);
  assert.deepEqual(byNm.get('new_f') ?? byNm.get('f'), byNm.has('new_f') ? new Set([newF?.address]) : byNm.get('f'));
  const inner = findFunctions(elf, ['inner'])[0];
  assert.deepEqual(new Set([inner?.address]), byNm.get('inner'));
  const dynamic = readDynamic(elf);
  assert.equal(dynamic?.soname, 'libv.so.1');
  assert.deepEqual([...(dynamic?.runpath ?? []), ...(dynamic?.rpath ?? [])], ['$ORIGIN/x']);
  assert.ok(dynamic?.needed.some((name) => name.startsWith('libc.so')));
});

test('every function of this Node is named again by an address inside it', { skip: lacksBinutils }, () => {
  using elf = openElf(process.execPath);
  const expected = nmFunctions(process.execPath, []);
  const table = loadSymbolTable(elf);
  const byAddress = new Map<number, string[]>();
  for (const [name, addresses] of expected)
    for (const address of addresses) byAddress.set(address, [...(byAddress.get(address) ?? []), name]);
  let checked = 0;
  for (const [address, names] of byAddress) {
    if (checked++ % 50 !== 0) continue;
    const found = table.find(address);
    assert.equal(found?.start, address);
    assert.ok(names.includes(found.name), `${found.name} is not one of ${names}`);
  }
  assert.ok(checked > 10_000);
  assert.ok(table.memoryBytes < 25 * table.count);
});

test('addresses before, between and after functions have no name', { skip: lacksCompiler }, (t) => {
  const source =
    '__attribute__((aligned(64))) int one(void) { return 1; } __attribute__((aligned(64))) int two(void) { return 2; }';
  using elf = openElf(compile(temporaryFolder(t), 'gap.so', source, ['-shared', '-fPIC', '-O2']));
  const table = loadSymbolTable(elf);
  const [one] = findFunctions(elf, ['one']);
  assert.ok(one && one.size > 0 && one.size < 60);
  assert.equal(table.find(one.address + one.size - 1)?.name, 'one');
  assert.equal(table.find(one.address + one.size), undefined);
  assert.equal(table.find(1), undefined);
  assert.equal(table.find(2 ** 50), undefined);
});

test('the build id is what readelf prints', { skip: lacksBinutils }, () => {
  using elf = openElf(process.execPath);
  const printed = /Build ID: ([0-9a-f]+)/.exec(
    execFileSync('readelf', ['-nW', process.execPath], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  assert.equal(readBuildId(elf), printed?.[1]);
});

test('a file without a build id says so', { skip: lacksCompiler }, (t) => {
  using elf = openElf(
    compile(temporaryFolder(t), 'bare.so', 'int f(void) { return 1; }', ['-shared', '-Wl,--build-id=none']),
  );
  assert.equal(readBuildId(elf), undefined);
});
