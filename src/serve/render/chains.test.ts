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
    code: { function: 'Net.forward', file: '/srv/app/train.py', line: 142 },
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
  counter_evidence: ['lock: no futex wait', 'quota 0 ns'],
  recommendations: ['move stress off CPU 1', 'or lower its priority'],
};

test('a chain reads from symptom to remedy, with every part of its evidence', () => {
  const text = renderChains({ chains: [chain], verdict: 'explained', losses: [], window }, '/x/run.db', plain);
  for (const part of [
    /^cudaMemcpy is slow because stress \(pid 9\) takes its CPU\.\n\/x\/run\.db, 2 s, 1 cause\n/,
    /1\. cudaMemcpy of python3 \(pid 100, thread 101\): 10 calls, the longest 9 ms at 70 ms, usually 200 us\n/,
    / 94 % {2}8\.50 ms {2}runnable {2}stress \(pid 9\), ran on CPU 1/,
    /5\.6 % {3}500 us {2}on_cpu {4}python3 \(pid 100, thread 101\)/,
    /root cause {2}runnable stress \(pid 9\), ran on CPU 1: 94 % of the time\n/,
    /called from Net\.forward, \/srv\/app\/train\.py:142\n/,
    /certainty {3}95 % \(grade B: closed intervals with a known waker\), all of the time accounted for\n/,
    /evidence {4}waits:1, run_slices:2/,
    /checked {5}lock: no futex wait; quota 0 ns\n/,
    /what to do {2}move stress off CPU 1\n {15}or lower its priority\n/,
    /Nothing is missing/,
  ])
    assert.match(text, part);
  assert.ok(!text.includes('\u001b'));
});

test('the other verdicts, losses, and what was left out', () => {
  const loss = { id: 1, start_ns: 0, end_ns: 1e9, source: 'kernel', reason: 'ring_full_call', count: 7, detail: null };
  const text = renderChains({ chains: [], verdict: 'insufficient_evidence', losses: [loss], window }, 'x', plain);
  assert.match(text, /insufficient evidence/);
  assert.match(text, /ring_full_call: 7 between 0 ns and 1 s/);
  assert.match(
    renderChains({ chains: [], verdict: 'healthy', losses: [], window }, 'x', plain),
    /^Nothing was unusually slow/,
  );
  const two = renderChains(
    { chains: [chain, chain], verdict: 'explained', losses: [], window, truncated: true },
    'x',
    plain,
  );
  assert.match(two, /, 2 causes, the biggest first\n/);
  assert.match(two, /see them with --top N/);
});

test('lines end between words, never inside a number with its unit or a command', () => {
  const filler = Array.from({ length: 60 }, (_, i) => `${'word '.repeat(i % 7)}${i} ms \`taskset -apc 0 ${i}\``).join(
    ' ',
  );
  const text = renderChains(
    { chains: [{ ...chain, summary: filler, counter_evidence: [filler] }], verdict: 'explained', losses: [], window },
    'x',
    plain,
  );
  for (const line of text.split('\n')) {
    assert.ok(line.length <= 100, line);
    assert.doesNotMatch(line, /^ *(ms|-apc)\b|(taskset|-apc)$/);
  }
});

test('one of many threads or culprits is not named as the only one', () => {
  const many = { ...hog, tid: 12, what: 'ran on CPU 1 with 3 threads' };
  const root = { ...many, share: 0.3 };
  const breakdown = [
    { ...many, duration_ns: 3e6, share: 0.3 },
    { ...hog, pid: 0, tid: 0, comm: '', what: '9 other processes', duration_ns: 7e6, share: 0.7 },
  ];
  const text = renderChains(
    { chains: [{ ...chain, root, breakdown }], verdict: 'explained', losses: [], window },
    'x',
    plain,
  );
  assert.match(text, /^cudaMemcpy is slow because stress \(pid 9\) and others take its CPU\./);
  assert.match(text, /30 % {2}3\.00 ms {2}runnable {2}stress \(pid 9\), ran on CPU 1 with 3 threads/);
  assert.match(text, /70 % {2}7\.00 ms {2}runnable {2}9 other processes/);
});

test('a failure is headed by what failed and its code', () => {
  const failed = {
    ...chain,
    symptom: { ...chain.symptom, kind: 'failure' as const },
    root: { ...chain.root, what: 'cudaErrorNoDevice (100)' },
  };
  const text = renderChains({ chains: [failed], verdict: 'explained', losses: [], window }, 'x', plain);
  assert.match(text, /^cudaMemcpy fails: cudaErrorNoDevice \(100\)\./);
  assert.match(text, /10 failed calls, the longest 9 ms/);
});
