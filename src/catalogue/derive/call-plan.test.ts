import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CallSpec, high, low, slot, through } from '../call.ts';
import { calls } from '../calls.ts';
import { KEPT_WORDS } from '../events.ts';
import { ARGUMENT_WORDS, encodePlan, MEMORY_SLOT, MEMORY_WORDS, NO_SLOT, PLAN_BYTES, planOf } from './call-plan.ts';

const callNamed = (op: string): CallSpec => {
  const found = calls.find((call) => call.op === op);
  assert.ok(found, op);
  return found;
};

/** What the kernel puts into the kept words, given its argument words and the memory behind one of them. */
const keptBy = (call: CallSpec, words: readonly bigint[], memory: readonly bigint[]): readonly bigint[] => {
  const read = (from: number): bigint =>
    from === NO_SLOT ? 0n : ((from >= MEMORY_SLOT ? memory[from - MEMORY_SLOT] : words[from]) ?? 0n);
  return planOf(call).words.map(({ a, b }) =>
    b === NO_SLOT ? read(a) : BigInt.asUintN(32, read(a)) | (BigInt.asUintN(32, read(b)) << 32n),
  );
};

/** The named arguments that user space takes out of the kept words again. */
const namedBy = (call: CallSpec, kept: readonly bigint[]): Readonly<Record<string, bigint>> =>
  Object.fromEntries(
    planOf(call).places.map(({ name, word, part }) => {
      const value = kept[word] ?? 0n;
      if (part === 'low') return [name, BigInt.asUintN(32, value)];
      return [name, part === 'high' ? value >> 32n : value];
    }),
  );

test('every call fits what the kernel keeps and reads', () => {
  for (const call of calls) {
    const plan = planOf(call);
    assert.ok(plan.words.length <= KEPT_WORDS, call.op);
    for (const { a, b } of plan.words)
      for (const from of [a, b]) {
        const isArgument = from >= 0 && from < ARGUMENT_WORDS;
        const isMemory = from >= MEMORY_SLOT && from < MEMORY_SLOT + MEMORY_WORDS;
        assert.ok(isArgument || (isMemory && plan.memory !== NO_SLOT) || from === NO_SLOT, `${call.op} reads ${from}`);
      }
    assert.equal(plan.places.length, Object.keys(call.args).length, call.op);
    for (const { word } of plan.places) assert.ok(word >= 0 && word < plan.words.length, call.op);
  }
});

test('every argument of every call comes out as it went in', () => {
  const words = Array.from({ length: ARGUMENT_WORDS }, (_, i) => (BigInt(i + 1) << 32n) | BigInt(0x100 + i));
  const memory = Array.from({ length: MEMORY_WORDS }, (_, i) => (BigInt(i + 65) << 32n) | BigInt(0x200 + i));
  for (const call of calls) {
    const expected = Object.fromEntries(
      Object.entries(call.args).map(([name, source]) => {
        const from = (source.through === undefined ? words : memory)[source.from] ?? 0n;
        if (source.part === 'low') return [name, BigInt.asUintN(32, from)];
        return [name, source.part === 'high' ? from >> 32n : from];
      }),
    );
    assert.deepEqual({ ...namedBy(call, keptBy(call, words, memory)) }, expected, call.op);
  }
});

test('cudaLaunchKernel(fn, dim3 grid, dim3 block, args, shared, stream): dim3 takes two words', () => {
  // x86-64: rdi fn, rsi grid x|y, rdx grid z, rcx block x|y, r8 block z, r9 args, then the stack: shared, stream.
  const call = callNamed('cudaLaunchKernel');
  const words = [0xf00n, (2n << 32n) | 1n, 3n, (5n << 32n) | 4n, 6n, 0xaaan, 7n, 8n];
  assert.deepEqual(
    { ...namedBy(call, keptBy(call, words, [])) },
    {
      ...{ fn: 0xf00n, grid_x: 1n, grid_y: 2n, grid_z: 3n, block_x: 4n, block_y: 5n, block_z: 6n },
      ...{ shared_bytes: 7n, stream: 8n },
    },
  );
  assert.equal(planOf(call).stack, true);
});

test('cuLaunchKernel(f, gx, gy, gz, bx, by, bz, shared, stream, ...): int arguments, upper halves undefined', () => {
  const call = callNamed('cuLaunchKernel');
  const junk = 0xdead_beefn << 32n;
  const words = [0xf00n, junk | 1n, junk | 2n, junk | 3n, junk | 4n, junk | 5n, junk | 6n, junk | 7n, 8n];
  assert.deepEqual(
    { ...namedBy(call, keptBy(call, words, [])) },
    {
      ...{ fn: 0xf00n, grid_x: 1n, grid_y: 2n, grid_z: 3n, block_x: 4n, block_y: 5n, block_z: 6n },
      ...{ shared_bytes: 7n, stream: 8n },
    },
  );
});

test('cudaLaunchKernelExC(config, fn, args): the launch is in the struct that config points to', () => {
  const call = callNamed('cudaLaunchKernelExC');
  const plan = planOf(call);
  assert.deepEqual([plan.memory, plan.stack], [0, false]);
  // cudaLaunchConfig_t: dim3 grid, dim3 block, size_t shared, cudaStream_t stream.
  const memory = [(2n << 32n) | 1n, (4n << 32n) | 3n, (6n << 32n) | 5n, 7n, 8n];
  assert.deepEqual(
    { ...namedBy(call, keptBy(call, [0xc0n, 0xf00n, 0xaaan], memory)) },
    {
      ...{ fn: 0xf00n, grid_x: 1n, grid_y: 2n, grid_z: 3n, block_x: 4n, block_y: 5n, block_z: 6n },
      ...{ shared_bytes: 7n, stream: 8n },
    },
  );
});

test('a plan in bytes is the struct of the kernel', () => {
  const bytes = encodePlan(planOf(callNamed('cudaMalloc')));
  assert.equal(bytes.length, PLAN_BYTES);
  assert.deepEqual(
    [...bytes],
    [1, ...Array(KEPT_WORDS - 1).fill(NO_SLOT), ...Array(KEPT_WORDS).fill(NO_SLOT), NO_SLOT, 0, 0, 1],
  );
});

test('a call that asks for too much is refused', () => {
  const base = { id: 1, op: 'x', aliases: [], library: 'cuda', role: 'sync' } as const;
  const many = { fn: slot(0), stream: slot(1), bytes: slot(2), dst: slot(3), src: slot(4), event: slot(5) };
  assert.doesNotThrow(() => planOf({ ...base, args: many }));
  assert.throws(() => planOf({ ...base, args: { ...many, graph: slot(6) } }), /keeps 7 words/);
  const two = { fn: through(0, low(0)), stream: through(1, high(0)) };
  assert.throws(() => planOf({ ...base, args: two }), /2 pointers/);
});
