import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCollector, forEachEvent } from './raw-events.ts';

test('events come out as they went in, with their numbers', () => {
  const collector = createCollector();
  assert.equal(collector.takeAll(), undefined);
  const source = Uint32Array.from({ length: 100_000 }, (_, i) => i);
  collector.add(source, 10, 3, 7);
  collector.add(source, 0, 90_000, 8);
  collector.add(source, 0, 99_000, 8);
  collector.add(source, 0, 99_000, 8);
  collector.add(source, 5, 0, 9);
  const taken = collector.takeAll();
  assert.ok(taken);
  const seen: number[][] = [];
  forEachEvent(taken, (words, at, number) => seen.push([number, words[at] ?? -1, words[at + 2] ?? -1]));
  assert.deepEqual(seen, [
    [7, 10, 12],
    [8, 0, 2],
    [8, 0, 2],
    [8, 0, 2],
    [9, 0, 0],
  ]);
  assert.equal(collector.takeAll(), undefined);
  // What is given back is used again, and what was in it is not seen any more.
  collector.giveBack(taken.words);
  collector.add(source, 0, 1, 1);
  collector.takeAll();
  collector.add(source, 7, 1, 2);
  const again = collector.takeAll();
  assert.equal(again?.words, taken.words);
  assert.equal(again.used, 3);
});
