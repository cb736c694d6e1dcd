import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LostCalls } from '../catalogue/kernel-structs.ts';
import type { LossName } from '../catalogue/losses.ts';
import { createLossNotes } from './loss-notes.ts';

/** Counters as the kernel side would have them, and the rows that come of them. */
const stage = () => {
  const kernel: { now: number; calls: LostCalls[]; readonly losses: Map<LossName, number> } = {
    ...{ now: 0, calls: [] },
    losses: new Map(),
  };
  const rows: { reason: LossName; start: number; end: number; count: number; detail: string | null }[] = [];
  const totals: LostCalls[] = [];
  const notes = createLossNotes({
    capture: {
      clock: { now: () => kernel.now, high: 0, low: 0, monotonicStart: '0', unixStart: '0' },
      losses: () => new Map(kernel.losses),
      drops: () => new Map(),
      lostCalls: () => kernel.calls,
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
    takeUnfollowed: () => 0,
  });
  return { kernel, rows, totals, notes };
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
      [100, 300, 25, 'level 3 of 4: one in 8 was kept'],
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
