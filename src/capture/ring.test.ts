import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadSystem } from './libbpf.ts';
import { mapRing } from './ring.ts';

const SIZE = 1 << 20;
const WINDOW = 256 * 1024;
const HEADER = 8;

const lacksSystem = (() => {
  try {
    loadSystem();
    return false;
  } catch {
    return 'libbpf cannot be loaded';
  }
})();

/** A file laid out as the kernel lays out a ring, with the data twice. */
const fileRing = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-ring-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { pageSize } = loadSystem();
  const fd = openSync(join(folder, 'ring'), 'w+');
  t.after(() => closeSync(fd));
  ftruncateSync(fd, 2 * pageSize + 2 * SIZE);
  let produced = 0;
  const putAt = (at: number, bytes: Buffer) => {
    for (const half of [0, SIZE]) {
      const inHalf = bytes.subarray(0, SIZE - at);
      writeSync(fd, inHalf, 0, inHalf.length, 2 * pageSize + half + at);
      const rest = bytes.subarray(inHalf.length);
      if (rest.length > 0) writeSync(fd, rest, 0, rest.length, 2 * pageSize + half);
    }
  };
  const number = Buffer.alloc(8);
  return {
    fd,
    /** Adds a record whose words are all `value`; `flags` are those of its header. */
    put: (value: number, words: number, flags = 0) => {
      const record = Buffer.alloc(Math.ceil((HEADER + words * 4) / 8) * 8);
      record.writeUInt32LE(((words * 4) | flags) >>> 0);
      for (let i = 0; i < words; i++) record.writeUInt32LE(value, HEADER + 4 * i);
      putAt(produced % SIZE, record);
      produced += record.length;
      number.writeBigUInt64LE(BigInt(produced));
      writeSync(fd, number, 0, 8, pageSize);
    },
    consumed: () => {
      readSync(fd, number, 0, 8, 0);
      return Number(number.readBigUInt64LE());
    },
    produced: () => produced,
  };
};

test('a part of a ring is mapped at a time, and all of it is read, round after round', { skip: lacksSystem }, (t) => {
  const made = fileRing(t);
  const ring = mapRing(loadSystem(), made.fd, SIZE, WINDOW);
  assert.ok(ring !== undefined);
  const lengths = [6, 30, 4000, 1, 13_000, 26];
  let put = 0;
  let seen = 0;
  for (let round = 0; round < 60; round++) {
    let bytes = 0;
    for (; bytes < SIZE / 2; put++) {
      const words = lengths[put % lengths.length] ?? 1;
      made.put(put, words);
      bytes += words * 4 + 2 * HEADER;
    }
    assert.equal(ring.waiting(), made.produced() - made.consumed());
    ring.drain((words, at) => {
      const length = lengths[seen % lengths.length] ?? 1;
      for (const i of [0, length >> 1, length - 1])
        if (words[at + i] !== seen) assert.fail(`word ${i} of record ${seen} is ${words[at + i]}`);
      seen++;
    }, Number.POSITIVE_INFINITY);
    assert.equal(seen, put);
    assert.equal(made.consumed(), made.produced());
  }
  assert.ok(made.produced() > 20 * SIZE);
  ring.close();
  assert.equal(ring.waiting(), 0);
});

test('a record that is being written is waited for, one that was given up is passed over', {
  skip: lacksSystem,
}, (t) => {
  const made = fileRing(t);
  const ring = mapRing(loadSystem(), made.fd, SIZE, WINDOW);
  assert.ok(ring !== undefined);
  made.put(1, 4);
  made.put(2, 4, 0x4000_0000);
  made.put(3, 4);
  made.put(4, 4, 0x8000_0000);
  made.put(5, 4);
  const seen: (number | undefined)[] = [];
  assert.equal(
    ring.drain((words, at) => seen.push(words[at]), 100),
    2,
  );
  assert.deepEqual(seen, [1, 3]);
  assert.ok(ring.waiting() > 0);
  ring.close();
});

test('what is being handed over is not handed over again', { skip: lacksSystem }, (t) => {
  const made = fileRing(t);
  const ring = mapRing(loadSystem(), made.fd, SIZE, WINDOW);
  assert.ok(ring !== undefined);
  for (const value of [1, 2, 3]) made.put(value, 4);
  const seen: number[] = [];
  const handle = (words: Uint32Array, at: number): void => {
    seen.push(words[at] ?? 0);
    assert.equal(ring.drain(handle, 9), 0);
  };
  assert.equal(ring.drain(handle, 9), 3);
  assert.deepEqual(seen, [1, 2, 3]);
  ring.close();
});
