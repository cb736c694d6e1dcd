import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { breakdownOf, sharesOf } from './shares.ts';
import type { Part } from './walk.ts';

const part = (kind: Part['kind'], duration_ns: number, comm = 'x'): Part => ({
  ...{ kind, pid: 1, tid: 1, comm, what: kind, grade: 'A', duration_ns },
  ...{ start_ns: 0, end_ns: duration_ns, evidence: [], path: [] },
});

test('shares sum to 1 and none is off by more than a step', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e12 }), { minLength: 1, maxLength: 30 }), (durations) => {
      const total = durations.reduce((sum, duration) => sum + duration, 0);
      const shares = sharesOf(durations);
      assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - (total > 0 ? 1 : 0)) < 1e-9);
      for (const [index, share] of shares.entries())
        assert.ok(Math.abs(share - (total > 0 ? (durations[index] ?? 0) / total : 0)) <= 1e-4 + 1e-12);
    }),
  );
});

test('many parts become few lines, by kind, and no time is lost', () => {
  const parts = [
    part('runnable', 500, 'a'),
    part('runnable', 200, 'b'),
    part('lock', 150),
    part('on_cpu', 100),
    part('runnable', 30, 'c'),
    part('ipc', 11),
    part('runnable', 9, 'd'),
  ];
  const lines = breakdownOf(parts);
  assert.deepEqual(
    lines.map(({ kind, comm, what, duration_ns, share }) => [kind, comm, what, duration_ns, share]),
    [
      ['runnable', 'a', 'runnable', 500, 0.5],
      ['runnable', 'b', 'runnable', 200, 0.2],
      ['lock', 'x', 'lock', 150, 0.15],
      ['on_cpu', 'x', 'on_cpu', 100, 0.1],
      ['runnable', '', '2 smaller parts', 39, 0.039],
      ['ipc', 'x', 'ipc', 11, 0.011],
    ],
  );
});

const KINDS = [
  'runnable',
  'lock',
  'on_cpu',
  'ipc',
  'sleep',
  'network',
  'child',
  'signal',
  'throttled',
  'observer',
] as const;

test('a breakdown has eight lines at most, and keeps its sums', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.integer({ min: 1, max: 1e9 })), { minLength: 1, maxLength: 40 }),
      (made) => {
        const parts = made.map(([kind, ns]) => part(kind, ns)).sort((a, b) => b.duration_ns - a.duration_ns);
        const lines = breakdownOf(parts);
        assert.ok(lines.length <= 8);
        const total = parts.reduce((sum, { duration_ns }) => sum + duration_ns, 0);
        assert.equal(
          lines.reduce((sum, { duration_ns }) => sum + duration_ns, 0),
          total,
        );
        assert.ok(Math.abs(lines.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
      },
    ),
  );
});
