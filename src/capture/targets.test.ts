import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compile, lacksCompiler, MAPPER, start, temporaryFolder } from './compile-for-test.ts';
import { findCudaProcesses, librariesOf, libraryKind, targetOf } from './targets.ts';

const isRoot = process.getuid?.() === 0;

for (const [name, kind] of [
  ['libcudart.so', 'cudart'],
  ['libcudart.so.12', 'cudart'],
  ['libcudart.so.11.8.89', 'cudart'],
  ['libcudart-d0da41ae.so.11.0', 'cudart'],
  ['libcuda.so.1', 'cuda'],
  ['libcuda.so.535.54.03', 'cuda'],
  ['libcudadevrt.so', undefined],
  ['libcudadebugger.so.1', undefined],
  ['libcudnn.so.9', undefined],
  ['libcudart.so.12.bak', undefined],
  ['libcudart_static.a', undefined],
  ['mylibcuda.so.1', undefined],
] as const) {
  test(`${name} is ${kind ?? 'no CUDA library'}`, () => assert.equal(libraryKind(name), kind));
}

/** Files that a program maps as code: their content does not matter here, only that each is a file of its own. */
const prepare = (t: TestContext, names: readonly string[]) => {
  const folder = temporaryFolder(t);
  const paths = names.map((name) => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `${name}\n`.padEnd(5000, '.'));
    return path;
  });
  return { folder, paths, mapper: compile(folder, 'mapper', MAPPER, ['-static']) };
};

test('several copies at once, each file once, others not', { skip: lacksCompiler }, async (t) => {
  const names = ['a b/libcudart.so.12', 'x.libs/libcudart-d0da41ae.so.11.0', 'libcuda.so.1', 'libcudnn.so.9'];
  const { paths, mapper } = prepare(t, names);
  const { pid, stop } = await start(t, mapper, [...paths, ...paths]);
  const found = librariesOf(pid) ?? [];
  const expected = paths.slice(0, 3).map((path) => [path, path, false, `${statSync(path).ino}`]);
  const seen = found.map((file) => [file.openPath, file.displayPath, file.deleted, file.key.split(':').pop()]);
  assert.deepEqual(seen.sort(), expected.sort());
  assert.deepEqual(found.map(({ kind }) => kind).sort(), ['cuda', 'cudart', 'cudart']);
  const target = findCudaProcesses().targets.find((candidate) => candidate.pid === pid);
  assert.equal(target?.comm, 'mapper');
  assert.deepEqual(target.libraries, found);
  await stop();
  assert.equal(librariesOf(pid), undefined);
  assert.equal(targetOf(pid), undefined);
});

const skipMapFiles = lacksCompiler || (isRoot ? false : 'needs root: map_files is not open to others');

test('deleted and replaced files are still reached, and are not confused with the new ones', {
  skip: skipMapFiles,
}, async (t) => {
  const { folder, paths, mapper } = prepare(t, ['libcudart.so.12', 'libcuda.so.1']);
  const [runtime = '', driver = ''] = paths;
  const { pid } = await start(t, mapper, paths);
  const before = librariesOf(pid) ?? [];
  rmSync(runtime);
  writeFileSync(join(folder, 'new'), 'new driver'.padEnd(5000, '.'));
  renameSync(join(folder, 'new'), driver);
  const after = librariesOf(pid) ?? [];
  assert.deepEqual(
    after.map(({ key }) => key),
    before.map(({ key }) => key),
  );
  for (const file of after) {
    assert.match(file.openPath, new RegExp(`^/proc/${pid}/map_files/`));
    assert.ok(paths.includes(file.displayPath) && file.deleted);
    assert.match(readFileSync(file.openPath, 'utf8'), /^libcuda(rt)?\.so/);
  }
});

const canUnshare = isRoot && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
const skipNamespace = lacksCompiler || (canUnshare ? false : 'needs root and a mount namespace (unshare -m)');

test('a library that only the process can see is reached through its root', { skip: skipNamespace }, async (t) => {
  const { folder, paths, mapper } = prepare(t, ['libcudart.so.12']);
  const hidden = join(folder, 'inner', 'libcudart.so.12');
  mkdirSync(join(folder, 'inner'));
  // Outside, the same path leads to another file: as with a container that has its own /usr/lib.
  writeFileSync(hidden, 'the outer one');
  const script = 'mount -t tmpfs none "$1/inner" && cp "$2" "$3" && exec "$1/mapper" "$3"';
  const { pid } = await start(t, 'unshare', ['-m', 'sh', '-c', script, 'sh', folder, paths[0] ?? '', hidden]);
  const [library, ...others] = librariesOf(pid) ?? [];
  assert.deepEqual(others, []);
  assert.equal(library?.openPath, `/proc/${pid}/root${hidden}`);
  assert.equal(library.displayPath, hidden);
  assert.match(readFileSync(library.openPath, 'utf8'), /^libcudart/);
  assert.match(mapper, /mapper$/);
});

test('a process of another user is an error, not a missing process', {
  skip: isRoot ? false : 'needs root to become another user',
}, () => {
  // Imported first: the other user may not be able to read this folder.
  const script = `
    const { librariesOf, findCudaProcesses } = await import(${JSON.stringify(import.meta.resolve('./targets.ts'))});
    process.setgroups([]); process.setgid(65534); process.setuid(65534);
    const denied = findCudaProcesses().denied.includes(process.ppid);
    try { librariesOf(process.ppid); } catch (thrown) { console.log(thrown.parts.code, denied); }`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(run.stdout.trim(), 'no_permission true', run.stderr);
});

const STATIC = `
int cudaMalloc(void **p, unsigned long n); int cudaLaunchKernel(void); 
#include <stdio.h>
__attribute__((section(".nv_fatbin"), used)) static const char device_code[64] = "x";
int main(void) { puts("up"); fflush(stdout); return getchar() == 0; }
__attribute__((noinline)) int cudaMalloc(void **p, unsigned long n) { return n != 1; }
__attribute__((noinline)) int cudaLaunchKernel(void) { return 1; }`;

test('a runtime linked into the program is noticed, and said to be nameless when stripped', {
  skip: lacksCompiler,
}, async (t) => {
  const folder = temporaryFolder(t);
  const full = await start(t, compile(folder, 'full', STATIC));
  const stripped = await start(t, compile(folder, 'stripped', STATIC, ['-s']));
  const found = targetOf(full.pid);
  assert.deepEqual(found?.staticRuntime, { symbols: true, exePath: join(folder, 'full') });
  assert.deepEqual(
    found?.libraries.map(({ kind, openPath }) => [kind, openPath]),
    [['static', join(folder, 'full')]],
  );
  const nameless = targetOf(stripped.pid);
  assert.deepEqual(nameless?.staticRuntime, { symbols: false, exePath: join(folder, 'stripped') });
  assert.deepEqual(nameless?.libraries, []);
});

test('a runtime inside a library is found once the driver is mapped', { skip: lacksCompiler }, async (t) => {
  const { folder, paths, mapper } = prepare(t, ['libcuda.so.1']);
  const plugin = compile(folder, 'plugin.so', STATIC, ['-shared', '-fPIC']);
  const { pid } = await start(t, mapper, [...paths, plugin]);
  assert.deepEqual(targetOf(pid)?.staticRuntime, { symbols: true, exePath: plugin });
  assert.deepEqual(
    targetOf(pid)?.libraries.map(({ kind }) => kind),
    ['cuda', 'static'],
  );
});

const ARCHIVE = '/usr/local/cuda/lib64/libcudart_static.a';
const skipReal = lacksCompiler || (statSync(ARCHIVE, { throwIfNoEntry: false }) ? false : `needs ${ARCHIVE}`);

test("NVIDIA's own static runtime is found by its symbols, when asked", { skip: skipReal }, async (t) => {
  const source = `#include <stdio.h>
    int cudaGetDevice(int *);
    int main(void) { int d; cudaGetDevice(&d); puts("up"); fflush(stdout); return getchar() == 0; }`;
  const program = compile(temporaryFolder(t), 'real', source, [ARCHIVE, '-lpthread', '-ldl', '-lrt', '-lm']);
  const { pid } = await start(t, program);
  assert.deepEqual(targetOf(pid, { searchSymbols: true })?.staticRuntime, { symbols: true, exePath: program });
});

test('a program replaced under its name is looked at anew', { skip: lacksCompiler }, async (t) => {
  const folder = temporaryFolder(t);
  const path = compile(folder, 'program', STATIC, ['-s']);
  const first = await start(t, path);
  assert.equal(targetOf(first.pid)?.staticRuntime?.symbols, false);
  await first.stop();
  copyFileSync(compile(folder, 'other', STATIC), path);
  const second = await start(t, path);
  assert.equal(targetOf(second.pid)?.staticRuntime?.symbols, true);
});
