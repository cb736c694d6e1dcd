import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calls } from '../../catalogue/calls.ts';
import { callLayout, isKnownAtReturn } from './call-format.ts';
import { callEvents, callOf } from './call-names.ts';
import { divide } from './conditions.ts';
import { parseExpression } from './expression.ts';

const layoutOf = (name: string) => {
  const call = callOf('cuda', name);
  assert.ok(call, name);
  return callLayout('cuda', call);
};

test('every call of the catalogue has a name and a layout whose fields do not overlap', () => {
  assert.equal(callEvents.length, calls.length);
  for (const call of calls) {
    const { format, words, ret, duration, size } = callLayout('cuda', call);
    const places = format.fields.map(({ offset, size: bytes }) => [offset, offset + bytes] as const);
    for (const [i, [from, to]] of places.entries()) {
      assert.ok(from >= 8 && to <= size && from % (to - from) === 0, `${call.op} ${format.fields[i]?.name}`);
      for (const [other, end] of places.slice(i + 1)) assert.ok(to <= other || end <= from, call.op);
    }
    assert.deepEqual(new Set(words.map(({ at }) => at)).size, words.length);
    assert.deepEqual([ret, duration], [size - 16, size - 8]);
    assert.ok(size <= 112, `${call.op} takes ${size} bytes of the stack`);
  }
});

test('arguments that share a word, a pointer that is written, and one that is given', () => {
  const launch = layoutOf('cudaLaunchKernel');
  const at = (name: string) => launch.format.fields.find((field) => field.name === name)?.offset ?? 0;
  assert.equal(at('grid_y'), at('grid_x') + 4, 'two halves of one word');
  const alloc = layoutOf('cudaMalloc');
  assert.deepEqual(
    alloc.format.fields.map(({ name, size }) => [name, size]),
    [
      ['bytes', 8],
      ['ptr', 8],
      ['ret', 4],
      ['duration_ns', 8],
    ],
  );
  assert.equal(isKnownAtReturn('ptr', alloc), true);
  assert.equal(isKnownAtReturn('bytes', alloc), false);
  assert.equal(isKnownAtReturn('ptr', layoutOf('cudaFree')), false);
});

test('a symbol is its call; what is misspelt names the nearest; another category is no call', () => {
  assert.equal(callOf('cuda', 'cudaMemcpyAsync_ptsz')?.op, 'cudaMemcpyAsync');
  assert.throws(() => callOf('cuda', 'cudaMaloc'), /did you mean cuda:cudaMalloc/);
  assert.equal(callOf('sched', 'sched_switch'), undefined);
});

test('what stands in parentheses is tested in the kernel all the same, where it must hold', () => {
  const { format } = layoutOf('cudaMalloc');
  const divided = (text: string) => divide(format, parseExpression(`cuda:cudaMalloc where ${text}`).condition);
  const all = divided('current.pid == 3 and (bytes > 1MiB and (ret == 0))');
  assert.deepEqual([all.kernel.length, all.rest], [3, undefined]);
  const some = divided('current.pid == 3 and (bytes > 1MiB or ret == 0)');
  assert.deepEqual([some.kernel.length, some.rest?.kind], [1, 'or']);
});
