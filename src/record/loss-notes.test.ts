import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LostCalls } from '../catalogue/kernel-structs.ts';
import type { LossName } from '../catalogue/losses.ts';
import { createLossNotes, OWED } from './loss-notes.ts';

const lostCalls = (count: number, sum: number, max: number, log2: readonly number[], failed = 0): LostCalls => ({
  ...{ pid: 1, op: 2, count, sum, max, failed, log2 },
});

/** Counters as the kernel side would have them, and the rows that come of them. */
const stage = () => {
  const kernel: {
    now: number;
    calls: LostCalls[];
    owed: { readonly call: number; readonly wait: number };
    readonly losses: Map<LossName, number>;
  } = { now: 0, calls: [], owed: { call: 0, wait: 0 }, losses: new Map() };
  const rows: { reason: LossName; start: number; end: number; count: number; detail: string | null }[] = [];
  const totals: LostCalls[] = [];
  const ended = new Set<number>();
  const notes = createLossNotes({
    capture: {
      clock: { now: () => kernel.now, high: 0, low: 0, monotonicStart: '0', unixStart: '0' },
      losses: () => new Map(kernel.losses),
      owed: () => kernel.owed,
      drops: () => new Map(),
      lostCalls: () => kernel.calls,
      forgetLostCalls: (pid, op) => {
        kernel.calls = kernel.calls.filter((one) => one.pid !== pid || one.op !== op);
      },
    },
    writer: {
      loss: (reason, start, end, count, detail = null) => rows.push({ reason, start, end, count, detail }),
      growLoss: (id, end, count) => {
        const row = rows[id - 1];
        if (row !== undefined) rows[id - 1] = { ...row, end, count };
      },
      lostCalls: (lost) => void totals.push(lost),
      waits: { packetDrops: () => {} },
    },
    takeLost: () => [],
    hasEnded: (pid) => ended.has(pid),
  });
  return { kernel, rows, totals, ended, notes };
};

test('what is left out at one level is one row, from its beginning to its end', () => {
  const { kernel, rows, notes } = stage();
  const at = (now: number, shed: number, level: number) => {
    kernel.now = now;
    kernel.losses.set('shed_call', shed);
    notes.note(level);
  };
  at(100, 0, 0);
  at(200, 10, 3);
  at(300, 25, 3);
  at(400, 90, 4);
  at(500, 90, 4);
  at(600, 95, 4);
  assert.deepEqual(
    rows.map(({ start, end, count, detail }) => [start, end, count, detail]),
    [
      [100, 300, 25, 'level 3 of 4: one in 8 was kept, or one in 64 while a ring was nearly full'],
      [300, 400, 65, 'level 4 of 4: one in 64 was kept'],
      [500, 600, 5, 'level 4 of 4: one in 64 was kept'],
    ],
  );
  assert.deepEqual([...notes.shed()], [['call', 95]]);
  assert.equal(notes.lost(), 0, 'left out on purpose is not lost');
});

test('a ring that filled while the recorder could do nothing is said to be that', () => {
  const { kernel, rows, notes } = stage();
  kernel.losses.set('shed_call', 7);
  kernel.losses.set('ring_full_call', 2);
  notes.note(0);
  assert.match(rows.find(({ reason }) => reason === 'shed_call')?.detail ?? '', /nearly full before/);
  assert.equal(notes.lost(), 2);
});

test('what was left out last, and no row stands for, is told at the end, for the time in which it was', () => {
  const { kernel, rows, notes } = stage();
  const commit = (now: number, shed: number, without: number) => {
    kernel.now = now;
    kernel.losses.set('shed_call', shed);
    kernel.calls = [lostCalls(without, without, 1, [without])];
    notes.note(4);
    notes.noteTotals();
  };
  commit(100, 0, 0);
  commit(200, 63, 70);
  commit(300, 63, 80);
  commit(900, 63, 80);
  kernel.owed = { call: 17, wait: 0 };
  notes.noteOwed();
  assert.deepEqual(
    rows.map(({ reason, start, end, count, detail }) => [reason, start, end, count, detail === OWED]),
    [
      ['shed_call', 100, 200, 63, false],
      ['shed_call', 200, 300, 17, true],
    ],
  );
  assert.deepEqual([...notes.shed()], [['call', 80]]);
  const quiet = stage();
  quiet.notes.noteOwed();
  assert.deepEqual(quiet.rows, [], 'nothing is told where nothing was left out');
});

test('calls without a row are added to the totals once', () => {
  const { kernel, totals, notes } = stage();
  const lost = (count: number, sum: number): LostCalls => ({
    ...{ pid: 1, op: 2, count, sum, max: 9, failed: 0 },
    log2: [0, count],
  });
  kernel.calls = [lost(3, 30)];
  notes.noteTotals();
  notes.noteTotals();
  kernel.calls = [lost(5, 44)];
  notes.noteTotals();
  assert.deepEqual(
    totals.map(({ count, sum, log2 }) => [count, sum, log2]),
    [
      [3, 30, [0, 3]],
      [2, 14, [0, 2]],
    ],
  );
});

test('at a level that keeps all usual calls it was the ring, and so it is said', () => {
  const { kernel, rows, notes } = stage();
  kernel.losses.set('shed_call', 7);
  kernel.losses.set('shed_stack', 7);
  notes.note(2);
  assert.deepEqual(
    rows.map(({ detail }) => detail),
    ['level 2 of 4: all were kept, but one in 64 while a ring was nearly full', 'level 2 of 4: one in 8 was kept'],
  );
});

test('totals are exact though the kernel was read between two of its additions, and no call came after', () => {
  const { kernel, totals, notes } = stage();
  for (const read of [lostCalls(3, 20, 0, [0, 2]), lostCalls(3, 30, 0, [0, 2], 1), lostCalls(3, 30, 12, [0, 3], 1)]) {
    kernel.calls = [read];
    notes.noteTotals();
  }
  const sum = (of: (lost: LostCalls) => number) => totals.reduce((all, one) => all + of(one), 0);
  assert.deepEqual([sum(({ count }) => count), sum((one) => one.sum), sum(({ failed }) => failed)], [3, 30, 1]);
  assert.deepEqual([sum(({ log2 }) => log2[1] ?? 0), Math.max(...totals.map(({ max }) => max))], [3, 12]);
  notes.noteTotals();
  assert.equal(totals.length, 3, 'nothing is told twice');
});

test('the longest call is told once, when it became the longest', () => {
  const { kernel, totals, notes } = stage();
  for (const read of [lostCalls(1, 90, 90, [0]), lostCalls(2, 95, 90, [0]), lostCalls(3, 195, 100, [0])]) {
    kernel.calls = [read];
    notes.noteTotals();
  }
  assert.deepEqual(
    totals.map(({ max }) => max),
    [90, 0, 100],
  );
});

test('of a process that has ended the kernel keeps nothing once all of it was taken', () => {
  const { kernel, totals, ended, notes } = stage();
  kernel.calls = [lostCalls(1, 5, 5, [1]), { ...lostCalls(1, 5, 5, [1]), pid: 9 }];
  notes.noteTotals();
  ended.add(1);
  kernel.calls = kernel.calls.map((one) => ({ ...one, count: 2 }));
  notes.noteTotals();
  assert.equal(kernel.calls.length, 2, 'something came since: it is looked at once more');
  notes.noteTotals();
  assert.deepEqual(
    kernel.calls.map(({ pid }) => pid),
    [9],
  );
  ended.delete(1);
  kernel.calls = [lostCalls(1, 7, 7, [1])];
  notes.noteTotals();
  assert.deepEqual(totals.at(-1), lostCalls(1, 7, 7, [1]), 'another process with its number begins at nothing');
});
