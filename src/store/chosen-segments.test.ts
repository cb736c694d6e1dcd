import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import { chooseSegments } from './chosen-segments.ts';
import { createSegments, rowsIn } from './read-segments.ts';

const thread = { pid: 10, tid: 11, comm: 'python3' };
const SECONDS = 60;
const A_SECOND = 100;

/** A hundred calls a second: of each second one sync is long, and one allocation of all takes far longer than any other. */
const busy = ({ call, writer }: Scene) => {
  for (let second = 0; second < SECONDS; second++) {
    for (let i = 0; i < A_SECOND; i++) {
      const start = second * 1e9 + i * 1e7;
      if (i === 50) call(thread, 'cudaStreamSynchronize', start, 5e6 + second);
      else if (second === 37 && i === 20) call(thread, 'cudaMalloc', start, 3e6);
      else if (i % 10 === 3) call(thread, 'cudaMalloc', start, 40_000);
      else call(thread, 'cudaLaunchKernel', start, 5_000 + i);
    }
    writer.commit((second + 1) * 1e9);
  }
};

test('of few calls all segments are chosen', () =>
  recorded(busy, ({ database }) => {
    const segments = createSegments(database);
    const chosen = chooseSegments(database, segments, {}, 1e6);
    assert.equal(rowsIn(chosen), SECONDS * A_SECOND);
    assert.ok(chosen.every(({ weight }) => weight === 1));
  }));

test('of many those with the longest calls of each operation, and others that stand for the rest', () =>
  recorded(busy, ({ database }) => {
    const segments = createSegments(database);
    const limits = { most: 1000, certain: 1200, sampled: 600 };
    const chosen = chooseSegments(database, segments, {}, 1e6, limits);
    assert.ok(rowsIn(chosen) < 3000, `${rowsIn(chosen)} rows`);
    const rare = database
      .prepare('SELECT id FROM calls WHERE op = ? ORDER BY duration_ns DESC LIMIT 1')
      .get('cudaMalloc');
    const holds = chosen.filter(({ first, last }) => first <= Number(rare?.id) && last >= Number(rare?.id));
    assert.deepEqual(
      holds.map(({ weight }) => weight),
      [1],
    );
    const standing = chosen.reduce((sum, { weight, ...range }) => sum + weight * rowsIn([range]), 0);
    assert.equal(Math.round(standing), SECONDS * A_SECOND);
    assert.deepEqual(chooseSegments(database, segments, {}, 1e6, limits), chosen);
  }));

test('a window and an operation narrow what is looked at', () =>
  recorded(busy, ({ database }) => {
    const segments = createSegments(database);
    const window = { start_ns: 10e9, end_ns: 20e9 };
    const chosen = chooseSegments(database, segments, { window, op: 'cudaMalloc' }, 1e6, {
      most: 100,
      certain: 600,
      sampled: 600,
    });
    const [first] = segments.matching('call', window);
    assert.ok(chosen.length > 0);
    assert.ok(chosen.every((one) => one.first >= (first?.first ?? 0)));
  }));
