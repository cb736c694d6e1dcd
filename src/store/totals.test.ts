import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeHistogram } from '../base/histogram.ts';
import { ddl } from '../catalogue/derive/ddl.ts';
import { LOST_EXPONENTS } from '../catalogue/kernel-structs.ts';
import { Totals } from './totals.ts';

type Call = {
  readonly pid: number;
  readonly op: number;
  readonly end: number;
  readonly duration: number;
  readonly failed: boolean;
};

const open = (held?: number) => {
  const database = new DatabaseSync(':memory:');
  for (const statement of ddl()) database.exec(statement);
  return { database, totals: new Totals(database, held) };
};

const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array());
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, each) => all + each, 0);

/** Calls as they arrive: time goes on in steps, also longer than a second, and a call comes up to a second late. */
const arrivals = fc
  .array(
    fc.record({
      pid: fc.integer({ min: 1, max: 3 }),
      op: fc.integer({ min: 1, max: 3 }),
      step: fc.integer({ min: 0, max: 1_500_000_000 }),
      late: fc.integer({ min: 0, max: 1_000_000_000 }),
      duration: fc.integer({ min: 0, max: 3_000_000_000 }),
      failed: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((parts) => {
    let now = 0;
    return parts.map(({ step, late, ...rest }): Call => {
      now += step;
      return { ...rest, end: Math.max(0, now - late) };
    });
  });

test('totals are exact whatever the order of the calls and of the writing', () => {
  fc.assert(
    fc.property(
      arrivals,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 9 }),
      (calls, flushEvery, held) => {
        const { database, totals } = open(held);
        for (const [i, { pid, op, end, duration, failed }] of calls.entries()) {
          totals.add(pid, op, end, duration, failed);
          if (i % flushEvery === 0) totals.flush();
        }
        totals.flush();
        totals.flush();
        const counted = [...totals.counts().values()].map(({ count }) => count);
        assert.equal(sum(counted), calls.length);
        const groups = Map.groupBy(calls, ({ pid, op }: Call) => `${pid} ${op}`);
        const rows = database.prepare('SELECT * FROM total').all();
        assert.equal(rows.length, groups.size);
        for (const row of rows) {
          const group = groups.get(`${row.pid} ${row.op}`) ?? [];
          const durations = group.map(({ duration }) => duration);
          assert.equal(row.count, group.length);
          assert.equal(row.sum_ns, sum(durations));
          assert.equal(row.max_ns, Math.max(...durations));
          assert.equal(row.failed, group.filter(({ failed }) => failed).length);
          assert.equal(sum(decodeHistogram(bytesOf(row.histogram))), group.length);
          assert.ok(Number(row.p50_ns) <= Number(row.p95_ns) && Number(row.p95_ns) <= Number(row.p99_ns));
          assert.ok(Number(row.p99_ns) <= Number(row.max_ns));
        }
        const bySecond = Map.groupBy(calls, ({ pid, op, end }: Call) => `${Math.floor(end / 1e9)} ${pid} ${op}`);
        const seconds = database.prepare('SELECT * FROM second').all();
        assert.equal(seconds.length, bySecond.size);
        for (const row of seconds) {
          const group = bySecond.get(`${row.second} ${row.pid} ${row.op}`) ?? [];
          assert.equal(row.count, group.length);
          assert.equal(row.sum_ns, sum(group.map(({ duration }) => duration)));
        }
        database.close();
      },
    ),
    { numRuns: 60 },
  );
});

test('calls that the kernel could only add up count like all others', () => {
  const { database, totals } = open();
  totals.add(1, 2, 500, 100, false);
  const log2 = Array.from({ length: LOST_EXPONENTS }, (_, exponent) => (exponent === 10 ? 30 : 0));
  totals.addLost({ pid: 1, op: 2, count: 30, sum: 40_000, max: 2_000, failed: 4, log2 }, 1_500_000_000);
  totals.flush();
  const row = database.prepare('SELECT * FROM total').get() ?? {};
  assert.deepEqual([row.count, row.sum_ns, row.max_ns, row.failed], [31, 40_100, 2_000, 4]);
  // All of the 30 lie between 1024 and 2048 ns.
  assert.ok(Number(row.p50_ns) >= 1024 && Number(row.p50_ns) <= 2000);
  assert.deepEqual(
    database
      .prepare('SELECT second, count FROM second ORDER BY second')
      .all()
      .map(({ second, count }) => [second, count]),
    [
      [0, 1],
      [1, 30],
    ],
  );
  database.close();
});

test('calls of which only the sum is known count in the total, and in no second', () => {
  const { database, totals } = open();
  totals.add(1, 7, 5e8, 10_000, false);
  totals.addSummed(1, 7, { count: 11, sum: 60_000, max: 50_000 });
  totals.addSummed(1, 8, { count: 4, sum: 4_000, max: 0 });
  totals.addSummed(1, 9, { count: 0, sum: 0, max: 0 });
  totals.flush();
  const stored = database.prepare('SELECT op, count, sum_ns, max_ns, p50_ns FROM total ORDER BY op').all();
  const [first, second] = stored.map((row) => Object.values(row).map(Number));
  assert.deepEqual(
    [stored.length, first?.slice(0, 4), second?.slice(0, 3)],
    [2, [7, 12, 70_000, 50_000], [8, 4, 4_000]],
  );
  // The longest apart, ten are at their mean of 1000 ns.
  for (const median of [first?.[4] ?? 0, second?.[4] ?? 0]) assert.ok(median >= 960 && median <= 1024, `${median}`);
  assert.deepEqual(Object.values(database.prepare('SELECT sum(count) FROM second').get() ?? {}), [1]);
  database.close();
});

test('the live line counts what is written and what is not', () => {
  const { database, totals } = open();
  for (let second = 0; second < 5; second++) totals.add(1, 7, second * 1e9, 10, false);
  totals.flush();
  totals.add(2, 7, 5e9, 10, false);
  assert.deepEqual([...totals.counts()], [[7, { count: 6, sum: 60 }]]);
  database.close();
});

test('the longest call of a second is not that of another one', () => {
  const { database, totals } = open();
  const log2 = (exponent: number) => Array.from({ length: LOST_EXPONENTS }, (_, i) => (i === exponent ? 1 : 0));
  const lost = { pid: 1, op: 1, count: 1, failed: 0 };
  totals.addLost({ ...lost, sum: 9000, max: 9000, log2: log2(13) }, 0.5e9);
  totals.addLost({ ...lost, sum: 300, max: 0, log2: log2(8) }, 1.5e9);
  totals.flush();
  assert.deepEqual(
    database
      .prepare('SELECT max_ns FROM second ORDER BY second')
      .all()
      .map(({ max_ns }) => max_ns),
    [9000, 256],
  );
  assert.equal(database.prepare('SELECT max_ns FROM total').get()?.max_ns, 9000);
});
