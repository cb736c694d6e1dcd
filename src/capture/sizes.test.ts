import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HISTORY, MAX_RINGS, MOST_CPUS, REQUESTS, sizesFor } from './sizes.ts';

const PAGE = 4096;
const MIB = 1 << 20;
const isPower = (n: number) => Number.isInteger(Math.log2(n));

test('for every number of CPUs each has a ring, and no more rings than there are places', () => {
  for (let cpus = 1; cpus <= MOST_CPUS; cpus++) {
    const { shardShift, rings, ringBytes, historySlots, requestSlots } = sizesFor(cpus, PAGE);
    assert.ok(rings <= MAX_RINGS, `${rings} rings for ${cpus} CPUs`);
    assert.equal((cpus - 1) >> shardShift, rings - 1, `the last ring of ${cpus} CPUs`);
    assert.ok([ringBytes, historySlots, requestSlots].every(isPower), `${cpus} CPUs`);
    assert.ok(ringBytes >= 4 * MIB, `rings of ${ringBytes} bytes for ${cpus} CPUs`);
    assert.ok(cpus * historySlots * HISTORY.record <= HISTORY.most);
    assert.ok(cpus * requestSlots * REQUESTS.record <= REQUESTS.most);
  }
});

test('few CPUs, many, and as many as there can be', () => {
  const sizes = (cpus: number) => {
    const { shardShift, rings, ringBytes, historySlots } = sizesFor(cpus, PAGE);
    return [shardShift, rings, ringBytes / MIB, historySlots];
  };
  assert.deepEqual(sizes(2), [3, 1, 64, 131_072]);
  assert.deepEqual(sizes(128), [3, 16, 4, 8192]);
  assert.deepEqual(sizes(512), [3, 64, 4, 2048]);
  assert.deepEqual(sizes(1024), [4, 64, 4, 1024]);
});

test('a size that is asked for is kept to, down to a page for each ring', () => {
  assert.equal(sizesFor(128, PAGE, 16 * MIB).ringBytes, MIB);
  assert.equal(sizesFor(128, PAGE, 8192).ringBytes, PAGE);
  assert.equal(sizesFor(2, PAGE, 65_536).ringBytes, 65_536);
});
