import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import type { StackFrame } from '../store/read-stacks.ts';
import { codeLineOf, codeText } from './code-line.ts';

/** Ids count up. */
let last = 0;
const py = (name: string, file: string, line: number | null = 7): StackFrame => ({
  id: ++last,
  ...{ kind: 'python', name, module: null, path: null, offset: 0, file, line },
});
/** As a recording holds it: the name of the file and its path. */
const native = (name: string | null, path: string | null, kind = 'native'): StackFrame => ({
  id: ++last,
  ...{ kind, name, module: path && basename(path), path, offset: 0x1f2, file: null, line: null },
});
const lineOf = (...frames: StackFrame[]): string | undefined => {
  const code = codeLineOf({ frames, complete: true }, new Set());
  return code === undefined ? undefined : codeText(code);
};
const libc = native('read', '/usr/lib/x86_64-linux-gnu/libc.so.6');
const interpreter = native('_PyEval_EvalFrameDefault', '/opt/conda/bin/python3.11');

test('Python of the user comes before packages, the standard library and native code', () => {
  const foreign = [
    py('wait', '/usr/lib/python3.11/threading.py'),
    py('forward', '/srv/venv/lib/python3.12/site-packages/torch/nn/linear.py'),
    py('_find', '<frozen importlib._bootstrap>'),
    py('get', '/opt/pyenv/versions/3.14.0t/lib/python3.14t/queue.py'),
  ];
  assert.equal(
    lineOf(native('launch', '/app/_C.so'), ...foreign, py('step', '/app/train.py'), py('main', '/app/a.py')),
    'step() at train.py:7',
  );
  assert.equal(lineOf(py('<module>', '<stdin>', 1)), '<module> at <stdin>:1');
  assert.equal(lineOf(py('f', 'a.py', null)), 'f() in a.py');
  // When all of it is foreign, the innermost is still better than nothing.
  assert.equal(lineOf(libc, ...foreign), 'wait() at threading.py:7');
});

test('without Python it is native code outside of the libraries of the system and of CUDA', () => {
  assert.equal(
    lineOf(
      libc,
      native('cuMemcpy', '/opt/cuda/lib64/libcudart.so.12.4'),
      interpreter,
      native('run(int)', '/srv/bin/trainer'),
    ),
    'run(int) in trainer',
  );
  assert.equal(lineOf(native(null, '/srv/bin/trainer')), 'trainer+0x1f2 in trainer');
  assert.equal(lineOf(libc, native('loop', null, 'jit')), 'loop()');
  assert.equal(lineOf(native('futex_wait', null, 'kernel'), libc, interpreter), undefined);
  assert.equal(lineOf(), undefined);
});

test('a library of the system or of a package is known by its path, and by its name where that is not there', () => {
  const own = native('run', '/srv/u/app/build/trainer');
  for (const foreign of [
    '/usr/lib/x86_64-linux-gnu/libzstd.so.1',
    '/lib64/libnuma.so.1',
    '/usr/local/cuda-12.4/targets/x86_64-linux/lib/libnvrtc.so.12',
    '/opt/conda/envs/train/lib/libmkl_rt.so.2',
    '/srv/u/mambaforge/lib/libz.so.1',
    '/nix/store/abc-zlib-1.3/lib/libz.so.1',
    '/srv/venv/lib/python3.12/site-packages/torch/lib/libtorch_cpu.so',
    '/usr/local/lib/python3.11/lib-dynload/_socket.cpython-311-x86_64-linux-gnu.so',
    '/srv/u/old/libgomp.so.1',
    '/usr/local/lib/libpython3.11.so.1.0',
  ])
    assert.equal(lineOf(native('work', foreign), own), 'run() in trainer', foreign);
  for (const path of ['/srv/u/lib/libmine.so', '/usr/local/bin/tool', '/opt/app/lib/libmine.so'])
    assert.equal(lineOf(native('work', path), own), `work() in ${basename(path)}`, path);
  // A module whose path is not known.
  for (const name of ['libgomp.so.1', 'libc.so.6', '[vdso]', 'libcudart.so.12.4', 'python3.11'])
    assert.equal(lineOf({ ...native('work', name), path: null }, own), 'run() in trainer', name);
  assert.equal(lineOf({ ...native('work', 'libmine.so'), path: null }, own), 'work() in libmine.so');
});

test('the words of a stranger are cleaned and cut, a path at its beginning', () => {
  const frames = [py(`\u001b[2J${'f'.repeat(300)}`, `/srv/${'deep/'.repeat(60)}train.py`)];
  const code = codeLineOf({ frames, complete: true }, new Set());
  assert.ok((code?.function.length ?? 999) < 80 && !code?.function.includes('\u001b'));
  assert.ok((code?.file?.length ?? 999) <= 80);
  assert.match(code?.file ?? '', /^\.\.\..*\/train\.py$/);
});

test('a wrapper around several operations is not meant, but its caller', () => {
  const [wrapper, copy, main] = [py('call', '/app/cuda.py'), py('copy', '/app/train.py'), py('main', '/app/train.py')];
  const of = (...shared: StackFrame[]) => {
    const code = codeLineOf({ frames: [wrapper, copy, main], complete: true }, new Set(shared.map(({ id }) => id)));
    return code?.function;
  };
  assert.equal(of(), 'call');
  assert.equal(of(wrapper, main), 'copy');
  // Where everything is shared, nothing tells them apart.
  assert.equal(of(wrapper, copy, main), 'call');
});
