// From bytes to lines to one value: whatever comes, in whatever pieces.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDeeper, parseMessage } from './parse-message.ts';
import { rateLimit } from './rate.ts';
import { lineSplitter } from './split-lines.ts';

test('lines come out the same however the bytes are cut', () => {
  const anyLine = fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.map((byte) => (byte === 10 ? 11 : byte)));
  fc.assert(
    fc.property(fc.array(anyLine), fc.array(fc.nat(30)), (lines, cuts) => {
      const all = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
      const splitter = lineSplitter(20);
      const found: Buffer[] = [];
      let from = 0;
      for (const cut of [...cuts, all.length]) {
        found.push(...(splitter.take(all.subarray(from, from + cut)) ?? [Buffer.from('too long')]));
        from += cut;
      }
      assert.deepEqual(
        found.map((line) => line.toString('hex')),
        lines.map((line) => Buffer.from(line).toString('hex')),
      );
    }),
  );
  assert.equal(lineSplitter(3).take(Buffer.from('abcd')), undefined);
  assert.equal(lineSplitter(3).take(Buffer.from('ab\nabcd\n')), undefined);
});

test('what is deep is told from what is not, and does not overflow the stack', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
  assert.equal(isDeeper(JSON.parse(nested(5)), 5), false);
  assert.equal(isDeeper(JSON.parse(nested(6)), 5), true);
  assert.ok('error' in parseMessage(Buffer.from(nested(200_000)), 64));
  assert.ok('why' in parseMessage(Buffer.from([0x22, 0xff, 0x22]), 64), 'bytes that are no UTF-8');
  assert.deepEqual(parseMessage(Buffer.from('{"a":[]}'), 64), { value: { a: [] } });
});

test('a caller saves up calls, spends them, and gets them back with time', () => {
  const { take } = rateLimit(10, 2);
  assert.deepEqual([take('a', 0), take('a', 0), take('b', 0)], [0, 0, 0]);
  assert.equal(take('a', 0), 0.1);
  assert.equal(take('a', 50), 0.05);
  assert.equal(take('a', 100), 0);
  // However time is spent, no caller gets more than it has.
  fc.assert(
    fc.property(fc.array(fc.nat(500), { maxLength: 60 }), (waits) => {
      const limit = rateLimit(5, 3);
      let now = 0;
      let granted = 0;
      for (const wait of waits) {
        now += wait;
        if (limit.take('x', now) === 0) granted++;
      }
      assert.ok(granted <= 3 + (now / 1000) * 5 + 1e-6);
    }),
  );
});
