import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALL_IDS, callById, calls } from './calls.ts';
import { events } from './events.ts';
import { LOSS_COUNTERS, type LossSpec, losses } from './losses.ts';

test('ids of calls are unique and fit the tables of the kernel', () => {
  assert.equal(callById.size, calls.length);
  for (const { id, op } of calls) assert.ok(Number.isInteger(id) && id > 0 && id < CALL_IDS, op);
});

test('each symbol belongs to one call', () => {
  const symbols = calls.flatMap(({ op, aliases }) => [op, ...aliases]);
  assert.deepEqual(
    symbols.filter((symbol, i) => symbols.indexOf(symbol) !== i),
    [],
  );
  for (const symbol of symbols) assert.match(symbol, /^cu(?:da)?[A-Z]\w+$/);
});

test('a call is of the library that its name says', () => {
  for (const { op, library } of calls) assert.equal(library, op.startsWith('cuda') ? 'cudart' : 'cuda', op);
});

test('what allocates and what frees says where its pointer is', () => {
  for (const { op, role, ptr } of calls) {
    if (role === 'alloc') assert.equal(ptr?.how, 'returned', op);
    if (role === 'free') assert.equal(ptr?.how, 'given', op);
  }
});

test('the calls of the contract are there, with their per-thread variants', () => {
  const symbols = new Set(calls.flatMap(({ op, aliases }) => [op, ...aliases]));
  const wanted = [
    ...['cudaLaunchKernel', 'cudaLaunchKernel_ptsz', 'cudaLaunchKernelExC_ptsz', 'cudaMemcpy_ptds'],
    ...['cudaMemcpyAsync_ptsz', 'cudaGraphInstantiate_v12000', 'cudaStreamSynchronize_ptsz', 'cudaFreeAsync_ptsz'],
    ...['cuLaunchKernel_ptsz', 'cuMemcpyHtoD_v2', 'cuMemcpyHtoD_v2_ptds', 'cuMemcpyHtoDAsync_v2_ptsz'],
    ...['cuMemAlloc_v2', 'cuMemFree_v2', 'cuMemCreate', 'cuModuleLoadDataEx', 'cuLibraryLoadData'],
  ];
  assert.deepEqual(
    wanted.filter((symbol) => !symbols.has(symbol)),
    [],
  );
});

test('ids of events and counters of losses are unique', () => {
  const ids = Object.values(events).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const specs: readonly LossSpec[] = Object.values(losses);
  const counters = specs.flatMap(({ counter }) => (counter === undefined ? [] : [counter]));
  assert.deepEqual(
    counters.toSorted((a, b) => a - b),
    Array.from({ length: LOSS_COUNTERS }, (_, i) => i),
  );
  for (const { source, counter } of specs) assert.equal(source === 'kernel', counter !== undefined);
});
