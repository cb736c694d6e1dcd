import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cpuTime } from '../../test/cpu-time.ts';
import { candidateLibraries } from './candidates.ts';
import { compile, lacksCompiler, temporaryFolder } from './compile-for-test.ts';

const put = (path: string, text = path): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};

/** Candidates below a folder: what this machine has elsewhere does not matter. */
const found = (folder: string, env: Record<string, string>, command: readonly string[], cwd = folder): string[] =>
  candidateLibraries(env, cwd, command, { budgetMs: 5000 })
    .libraries.filter(({ displayPath }) => displayPath.startsWith(folder))
    .map(({ kind, displayPath }) => `${kind} ${displayPath.slice(folder.length + 1)}`)
    .sort();

test('LD_LIBRARY_PATH and LD_PRELOAD, also relative ones, each file once', (t) => {
  const folder = temporaryFolder(t);
  put(join(folder, 'sim', 'libcudart.so.12'));
  symlinkSync('libcudart.so.12', join(folder, 'sim', 'libcudart.so'));
  put(join(folder, 'sim', 'libcudnn.so.9'));
  put(join(folder, 'pre', 'libcuda.so.1'));
  const env = { LD_LIBRARY_PATH: 'sim:/nonexistent', LD_PRELOAD: join(folder, 'pre/libcuda.so.1') };
  const names = found(folder, env, ['anything']);
  assert.deepEqual(
    names.map((name) => name.replace(/\.so\.12$/, '.so')),
    ['cuda pre/libcuda.so.1', 'cudart sim/libcudart.so'],
  );
});

test('the packages of the Python that a script names', (t) => {
  const folder = temporaryFolder(t);
  const packages = join(folder, 'venv/lib/python3.11/site-packages');
  put(join(packages, 'nvidia/cuda_runtime/lib/libcudart.so.12'));
  put(join(packages, 'nvidia/cu13/lib/libcudart.so.13'));
  put(join(packages, 'torch/lib/libcudart-d0da41ae.so.11.0'));
  put(join(packages, 'thing.libs/libcudart-9335f6a2.so.12.8.90'));
  chmodSync(put(join(folder, 'venv/bin/python3'), 'not really'), 0o755);
  chmodSync(put(join(folder, 'bin/train'), `#!/usr/bin/env -S ${folder}/venv/bin/python3 -u\nprint()\n`), 0o755);
  const expected = [
    'cudart venv/lib/python3.11/site-packages/nvidia/cu13/lib/libcudart.so.13',
    'cudart venv/lib/python3.11/site-packages/nvidia/cuda_runtime/lib/libcudart.so.12',
    'cudart venv/lib/python3.11/site-packages/thing.libs/libcudart-9335f6a2.so.12.8.90',
    'cudart venv/lib/python3.11/site-packages/torch/lib/libcudart-d0da41ae.so.11.0',
  ];
  assert.deepEqual(found(folder, { PATH: join(folder, 'bin') }, ['train', '--epochs', '3']), expected);
  assert.deepEqual(
    found(folder, { VIRTUAL_ENV: join(folder, 'venv'), PATH: join(folder, 'venv/bin') }, ['sh', 'x.sh']),
    expected,
  );
  assert.deepEqual(
    found(folder, { PATH: join(folder, 'bin') }, ['env', '../venv/bin/python3'], join(folder, 'bin')),
    expected,
  );
  assert.deepEqual(found(folder, {}, ['train']), []);
});

test('what the program needs, through another library and $ORIGIN', { skip: lacksCompiler }, (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'app/lib'), { recursive: true });
  const library = (name: string, source: string, flags: readonly string[] = []) =>
    compile(join(folder, 'app/lib'), name, source, ['-shared', '-fPIC', `-Wl,-soname,${name}`, ...flags]);
  const cudart = library('libcudart.so.12', 'int cudaMalloc(void) { return 0; }');
  const middle = library('libmiddle.so', 'int cudaMalloc(void); int m(void) { return cudaMalloc(); }', [
    cudart,
    '-Wl,-rpath,$ORIGIN',
  ]);
  const link = [middle, '-Wl,-rpath,$ORIGIN/lib', `-Wl,-rpath-link,${folder}/app/lib`];
  compile(join(folder, 'app'), 'program', 'int m(void); int main(void) { return m(); }', link);
  assert.deepEqual(found(folder, {}, ['app/program']), ['cudart app/lib/libcudart.so.12']);
});

test('a program with the runtime inside is a candidate itself', { skip: lacksCompiler }, (t) => {
  const folder = temporaryFolder(t);
  compile(folder, 'inside', 'int cudaMalloc(void) { return 0; } int main(void) { return cudaMalloc(); }');
  assert.deepEqual(found(folder, {}, ['./inside']), ['static inside']);
});

test('stops when the time is up, and says so', () => {
  const took = cpuTime(() => {
    assert.equal(candidateLibraries(process.env, '/', ['python3'], { budgetMs: 0 }).complete, false);
  });
  assert.ok(took < 500, `${took} ms`);
});

test('nonsense is no error', () => {
  for (const command of [[], [''], ['/'], ['\0'], ['no-such-command'], ['/dev/null'], ['/proc/self/mem']])
    assert.ok(Array.isArray(candidateLibraries({ PATH: '::/nonexistent' }, '/', command).libraries));
});
