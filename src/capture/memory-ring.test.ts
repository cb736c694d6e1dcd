import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSystem } from './libbpf.ts';
import { mapMemoryRing, memoryRingOver, numberOf, positionOf } from './memory-ring.ts';

const SLOTS = 64;
const RECORD_WORDS = 4;

const write = (words: Uint32Array, cpu: number, slot: number, position: number) => {
  const at = (cpu * SLOTS + slot) * RECORD_WORDS;
  words[at] = position % 2 ** 32;
  words[at + 1] = Math.floor(position / 2 ** 32);
};

/** The words after so many records of a CPU, the slot of the next one as the kernel side leaves it while it writes. */
const written = (words: Uint32Array, cpu: number, records: number, isBusy: boolean) => {
  for (let number = Math.max(1, records - SLOTS + 1); number <= records; number++)
    write(words, cpu, number % SLOTS, positionOf(number, cpu));
  if (isBusy) write(words, cpu, (records + 1) % SLOTS, 0);
};

test('the last record is found from nothing, whatever number it has, also while the next one is being written', () => {
  for (const isBusy of [false, true])
    for (let records = 0; records < 4 * SLOTS; records++) {
      const words = new Uint32Array(2 * SLOTS * RECORD_WORDS);
      written(words, 1, records, isBusy);
      const ring = memoryRingOver(words, RECORD_WORDS, SLOTS);
      assert.equal(ring.last(1), records === 0 ? 0 : positionOf(records, 1), `${records} records, busy ${isBusy}`);
      assert.equal(ring.last(0), 0);
    }
});

test('it is found again after few more, many more, and whole rounds', () => {
  const words = new Uint32Array(SLOTS * RECORD_WORDS);
  const ring = memoryRingOver(words, RECORD_WORDS, SLOTS);
  let records = 0;
  for (const more of [1, 2, 7, 0, 33, SLOTS - 1, SLOTS, SLOTS + 1, 10 * SLOTS, 5, 1, 3 * SLOTS - 1]) {
    records += more;
    written(words, 0, records, false);
    assert.equal(numberOf(ring.last(0)), records, `${more} more`);
  }
});

test('a record is found by its position until it is overwritten', () => {
  const words = new Uint32Array(SLOTS * RECORD_WORDS);
  const ring = memoryRingOver(words, RECORD_WORDS, SLOTS);
  written(words, 0, 100, false);
  assert.equal(ring.find(positionOf(100, 0)), (100 % SLOTS) * RECORD_WORDS);
  assert.equal(ring.find(positionOf(100 - SLOTS, 0)), -1);
  assert.equal(ring.find(positionOf(101, 0)), -1);
  assert.equal(ring.find(positionOf(100, 1)), -1, 'no such CPU');
});

const lacksSystem = (() => {
  try {
    loadSystem();
    return false;
  } catch {
    return 'libbpf cannot be loaded';
  }
})();

test('only what is looked at is mapped, and no longer than it is', { skip: lacksSystem }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-ring-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // Records that lie across the bounds of what is mapped together.
  const shape = { cpus: 2, slots: 65_536, bytes: 80 };
  const fd = openSync(join(folder, 'memory'), 'w+');
  t.after(() => closeSync(fd));
  ftruncateSync(fd, shape.cpus * shape.slots * shape.bytes);
  const record = Buffer.alloc(shape.bytes, 0xff);
  for (let number = 1; number < shape.slots; number += 1) {
    record.writeBigUInt64LE(BigInt(positionOf(number, 1)));
    writeSync(fd, record, 0, shape.bytes, (shape.slots + number) * shape.bytes);
  }
  const ring = mapMemoryRing(loadSystem(), fd, shape);
  assert.ok(ring !== undefined);
  const all = shape.cpus * shape.slots * shape.bytes;
  assert.equal(numberOf(ring.last(1)), shape.slots - 1);
  assert.ok(ring.mappedBytes() < all / 3, `${ring.mappedBytes()} of ${all} bytes`);
  for (let number = 1; number < shape.slots; number++) {
    const at = ring.find(positionOf(number, 1));
    assert.equal(ring.words[at + shape.bytes / 4 - 1], 0xffff_ffff, `record ${number}`);
  }
  assert.ok(ring.mappedBytes() >= all / 2);
  ring.rest();
  ring.find(positionOf(1, 1));
  ring.rest();
  assert.ok(ring.mappedBytes() > 0 && ring.mappedBytes() <= 256 * 1024, `${ring.mappedBytes()} bytes`);
  ring.rest();
  ring.rest();
  assert.equal(ring.mappedBytes(), 0);
  assert.ok(ring.find(positionOf(shape.slots - 1, 1)) > 0, 'mapped again');
  ring.close();
});
