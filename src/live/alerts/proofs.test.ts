import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptEvent } from '../../base/live-desk.ts';
import { createProofs } from './proofs.ts';

const event = (time: number, path = '/x'): KeptEvent => ({
  ...{ time, pid: 7, tid: 7, uid: 0, cpu: null, comm: 'sh', values: { path } },
});

test('what an alert names can be read as long as it is kept, and what is gone is counted', () => {
  const proofs = createProofs(undefined, 4);
  const claim = (id: number, severity: 'info' | 'high', times: readonly number[]) => {
    const evidence = times.map((time) => proofs.keep(event(time), 'a:b') ?? '');
    const alert = { id, severity, evidence };
    proofs.claim(alert);
    return alert;
  };
  const first = claim(1, 'info', [1, 2]);
  const second = claim(2, 'high', [3]);
  assert.deepEqual(first.evidence, ['live:1', 'live:2']);
  assert.deepEqual(
    proofs.of(first).events.map(({ row, event: name, time, values }) => [row, name, time, values.path]),
    [
      ['live:1', 'a:b', 1, '/x'],
      ['live:2', 'a:b', 2, '/x'],
    ],
  );
  const third = claim(3, 'info', [4, 5]);
  assert.deepEqual(proofs.of(first), { events: [], gone: 2 }, 'the oldest that only informs');
  assert.equal(proofs.of(second).gone, 0);
  assert.equal(proofs.of(third).events.length, 2);
  assert.deepEqual(proofs.of({ id: 9, evidence: [] }), { events: [], gone: 0 });
});

test('found again, an alert keeps what it names now; what no alert names goes by itself', () => {
  const proofs = createProofs();
  const rows = [1, 2, 3].map((time) => proofs.keep(event(time), 'a:b') ?? '');
  proofs.claim({ id: 1, severity: 'low', evidence: rows.slice(0, 2) });
  const again = { id: 1, severity: 'low', evidence: [rows[0] ?? '', rows[2] ?? ''] } as const;
  proofs.claim(again);
  assert.deepEqual(
    proofs.of(again).events.map(({ time }) => time),
    [1, 3],
  );
  const [early] = rows;
  for (let i = 0; i < 100; i++) proofs.keep(event(i), 'a:b');
  const late = { id: 2, severity: 'low', evidence: [early ?? ''] } as const;
  proofs.claim(late);
  assert.equal(proofs.of(late).gone, 1);
});

test('a recording names the rows, also those that it had no room for; texts are cut', () => {
  const written: string[] = [];
  const proofs = createProofs((_, name) => {
    written.push(name);
    return written.length > 1 ? undefined : 'live_events:12';
  });
  const row = proofs.keep(event(1, 'x'.repeat(5000)), 'a:b');
  assert.equal(row, 'live_events:12');
  assert.equal(proofs.keep(event(2), 'c:d'), undefined);
  const alert = { id: 1, severity: 'low', evidence: ['live_events:12'] } as const;
  proofs.claim(alert);
  assert.equal(String(proofs.of(alert).events[0]?.values.path).length, 1024);
});
