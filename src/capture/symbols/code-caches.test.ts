import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCodeCaches } from './code-caches.ts';
import type { UnwindInput, Unwound } from './unwind.ts';

const BASE = 0x7ffc_0000_0000;

const stackOf = (value: number, sp: number): UnwindInput => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  const registers = Array.from({ length: 17 }, (_, i) => (i === 7 ? sp : 0x1000));
  return { architecture: 'x64', registers, stack: { at: sp, bytes }, hijacked: [], trampoline: undefined };
};
const walkOf = (value: number, sp: number): Unwound => ({
  addresses: Array.from({ length: 200 }, (_, i) => i),
  exact: [0],
  complete: true,
  stop: 'outermost',
  guessed: 0,
  needs: [sp, value],
});

test('of the least recently used code nothing is kept', () => {
  const caches = createCodeCaches<string>({ maxCodes: 2 });
  const [a, b, c] = [{}, {}, {}];
  caches.of(a).keepName(1, 'a');
  caches.of(b).keepName(1, 'b');
  assert.equal(caches.of(a).nameAt(1), 'a');
  caches.of(c).keepName(1, 'c');
  assert.deepEqual([caches.of(a).nameAt(1), caches.of(c).nameAt(1)], ['a', 'c']);
  assert.equal(caches.of(b).nameAt(1), undefined);
  caches.forget(b);
  assert.equal(caches.held().codes, 1);
});

test('walks and names of many processes together stay within one limit', () => {
  const maxBytes = 4e6;
  const caches = createCodeCaches<string>({ maxBytes });
  for (let process = 0; process < 8; process++) {
    const { walked, keepName } = caches.of({});
    for (let i = 0; i < 2000; i++) {
      const sp = BASE + i * 16;
      walked.keep(stackOf(i, sp), walkOf(i, sp));
      keepName(i, 'name');
    }
    // What was kept a moment ago is still there, or there was no room at all.
    const { bytes } = caches.held();
    assert.ok(bytes < maxBytes + 1.2e6, `${bytes} bytes`);
  }
  const { walked } = caches.of({});
  walked.keep(stackOf(7, BASE), walkOf(7, BASE));
  assert.ok(walked.find(stackOf(7, BASE)));
});
