import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderChains } from './chains.ts';
import { styleFor } from './style.ts';

const plain = styleFor(false);
const window = { start_ns: 0, end_ns: 2e9 };
const who = { pid: 100, tid: 101, comm: 'python3' };
const hog = { kind: 'runnable', pid: 9, tid: 9, comm: 'stress', what: 'ran on CPU 1' } as const;
const chain = {
  id: 'c1',
  summary: 'cudaMemcpy took 9 ms instead of 200 us.',
  symptom: {
    kind: 'slow_call' as const,
    op: 'cudaMemcpy',
    ...who,
    start_ns: 70e6,
    end_ns: 79e6,
    duration_ns: 9e6,
    baseline_ns: 2e5,
    count: 10,
  },
  root: { ...hog, share: 0.944 },
  links: [
    { from_tid: 101, to_tid: 9, kind: 'runnable', start_ns: 0, end_ns: 1, evidence: ['waits:1', 'run_slices:2'] },
  ],
  breakdown: [
    { ...hog, duration_ns: 85e5, share: 0.944 },
    { kind: 'on_cpu', ...who, what: '', duration_ns: 5e5, share: 0.056 },
  ],
  closure: 1,
  confidence: 0.95,
  grade: 'B' as const,
  counter_evidence: ['lock: no futex wait'],
  recommendations: ['move stress off CPU 1'],
};

test('a chain reads from symptom to remedy, with every part of its evidence', () => {
  const text = renderChains({ chains: [chain], verdict: 'explained', losses: [], window }, '/x/run.db', plain);
  for (const part of [
    /^One cause of slowness was found\.\n\/x\/run\.db, 2\.00 s from 0 ns/,
    /1\. cudaMemcpy of python3 \(pid 100, thread 101\): 9\.00 ms at 70\.0 ms, usually 200 us, 10 like it/,
    / 94 % {2}8\.50 ms {2}runnable {2}stress \(pid 9\), ran on CPU 1/,
    /5\.6 % {3}500 us {2}on_cpu {4}python3 \(pid 100, thread 101\)/,
    /root cause {2}runnable stress \(pid 9\), ran on CPU 1: 94 % of it/,
    /certainty {3}95 %, grade B \(closed intervals with a known waker\), 100 % of the time accounted for/,
    /evidence {4}waits:1, run_slices:2/,
    /ruled out\n {5}- lock: no futex wait/,
    /what to do\n {5}- move stress off CPU 1/,
    /Nothing is missing/,
  ])
    assert.match(text, part);
  assert.ok(!text.includes('\u001b'));
});

test('the other verdicts, losses, and what was left out', () => {
  const loss = { id: 1, start_ns: 0, end_ns: 1e9, source: 'kernel', reason: 'ring_full_call', count: 7, detail: null };
  const text = renderChains({ chains: [], verdict: 'insufficient_evidence', losses: [loss], window }, 'x', plain);
  assert.match(text, /insufficient evidence/);
  assert.match(text, /ring_full_call: 7 between 0 ns and 1\.00 s/);
  assert.match(
    renderChains({ chains: [], verdict: 'healthy', losses: [], window }, 'x', plain),
    /^Nothing was unusually slow/,
  );
  const two = renderChains(
    { chains: [chain, chain], verdict: 'explained', losses: [], window, truncated: true },
    'x',
    plain,
  );
  assert.match(two, /^2 causes/);
  assert.match(two, /see them with --top N/);
});
