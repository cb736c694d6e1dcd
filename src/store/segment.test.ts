import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../test/recorded.ts';

const thread = { pid: 1, tid: 1, comm: 'x' };
const segmentsOf = (build: (at: (start: number, duration: number) => void, commit: () => void) => void) =>
  recorded(
    (scene) =>
      build(
        (start, duration) => scene.call(thread, 'cudaFree', start, duration),
        () => scene.writer.commit(0),
      ),
    ({ database }) =>
      database
        .prepare("SELECT first_id, last_id, start_ns, end_ns, longest_ns FROM segment WHERE table_name = 'call'")
        .all()
        .map(({ first_id, last_id, start_ns, end_ns, longest_ns }) => [
          first_id,
          last_id,
          start_ns,
          end_ns,
          longest_ns,
        ]),
  );

test('a segment spans the rows between two commits, whatever their order in time, when they span some time', () => {
  const found = segmentsOf((at, commit) => {
    at(500, 10);
    at(100, 900);
    at(6e9, 20);
    commit();
    commit();
    at(50, 1);
  });
  assert.deepEqual(found, [
    [1, 3, 100, 6e9 + 20, 900],
    [4, 4, 50, 51, 1],
  ]);
});

test('commits of few rows in little time write no segment each', () => {
  const found = segmentsOf((at, commit) => {
    for (let i = 0; i < 20; i++) {
      at(i * 1e6, 5);
      commit();
    }
  });
  assert.deepEqual(found, [[1, 20, 0, 19e6 + 5, 5]]);
});

test('many rows between two commits become several segments without a gap', () => {
  const rows = 20_000;
  const found = segmentsOf((at) => {
    for (let i = 0; i < rows; i++) at(i * 10, 5);
  });
  assert.ok(found.length >= 2);
  let next = 1;
  for (const [first, last, start, end] of found) {
    assert.equal(first, next);
    assert.equal(start, (Number(first) - 1) * 10);
    assert.equal(end, (Number(last) - 1) * 10 + 5);
    next = Number(last) + 1;
  }
  assert.equal(next, rows + 1);
});
