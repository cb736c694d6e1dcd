import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imported, rows } from '../imported-for-test.ts';
import { framesOf } from './stacks.ts';

const native = { kind: 'native', path: null, file: null, line: null };

test('frames with a symbol, an address only, and of Python', () => {
  const json = JSON.stringify([
    { i: '0x7f0012', f: 'libcudart.so.12' },
    { s: 'cudaMalloc+0x1cb', f: 'libcudart.so.12' },
    { pf: '/srv/train.py', pfn: 'forward', pl: 42 },
    { i: '' },
  ]);
  assert.deepEqual(framesOf(json), [
    { ...native, name: '0x7f0012', module: 'libcudart.so.12', offset: 0 },
    { ...native, name: 'cudaMalloc', module: 'libcudart.so.12', offset: 0x1cb },
    { kind: 'python', name: 'forward', module: null, path: null, offset: 0, file: '/srv/train.py', line: 42 },
  ]);
});

test('what is no list of frames has none', () => {
  for (const json of ['', '{', '[1, null, "x", []]', '{"s":"x"}', 'null']) assert.deepEqual(framesOf(json), []);
});

test('calls with the same stack share it, however large its key', () => {
  imported(
    (file) => {
      file.session();
      const hash = -9_022_875_182_732_649_807n;
      file.run(
        'INSERT INTO stack_traces VALUES (?, ?, ?)',
        hash,
        '',
        '[{"s":"launch+0x8","f":"a.so"},{"s":"main","f":"a"}]',
      );
      file.call(1, 3, 0, 5_000, { stack: hash });
      file.call(1, 3, 10_000, 5_000, { stack: hash });
      file.call(1, 3, 20_000, 5_000, { stack: 7n });
    },
    (recording, { taken }) => {
      assert.equal(taken.stacks, 2);
      assert.deepEqual(
        rows(
          recording,
          'SELECT c.id, s.name, s.complete FROM calls c JOIN stacks s ON s.stack = c.stack ORDER BY c.id, s.position',
        ),
        [
          [1, 'launch', 0],
          [1, 'main', 0],
          [2, 'launch', 0],
          [2, 'main', 0],
        ],
      );
    },
  );
});
