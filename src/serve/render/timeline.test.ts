import assert from 'node:assert/strict';
import { test } from 'node:test';
import { styleFor } from './style.ts';
import { renderTimeline } from './timeline.ts';

const plain = styleFor(false);
const hog = { by: 'ran', pid: 9, tid: 9, comm: 'stress' };
const pool = { by: 'holder', pid: 100, tid: 102, comm: 'pool' };
const answer = {
  ...{ pid: 100, tid: 101, comm: 'worker', start_ns: 1e9, end_ns: 1.01e9, closure: 1, confidence: 0.87 },
  states: [
    { state: 'running', kind: 'on_cpu', count: 3, duration_ns: 4e6, share: 0.4 },
    { state: 'runnable', kind: 'runnable', count: 1, duration_ns: 1e6, share: 0.1 },
    { state: 'blocked', kind: 'lock', count: 1, duration_ns: 5e6, share: 0.5 },
  ],
  culprits: [
    { kind: 'lock', ...pool, duration_ns: 5e6, share: 0.5, evidence: ['waits:7'] },
    { kind: 'runnable', ...hog, duration_ns: 1e6, share: 0.1, evidence: ['waits:8', 'waits:9'] },
  ],
  culprits_total: 5,
  steps: {
    columns: ['start_ns', 'state', 'kind', 'running', 'runnable', 'blocked', 'throttled'],
    rows: [
      [1e9, 'running', 'on_cpu', 0.8, 0.2, 0, 0],
      [1.005e9, 'blocked', 'lock', 0, 0.001, 0.999, 0],
    ],
  },
  waits: [
    {
      ...{
        id: 'waits:7',
        start_ns: 1.005e9,
        duration_ns: 5e6,
        runnable_ns: 2e4,
        kind: 'lock',
        ...pool,
        what: 'futex 0x8',
      },
      calls: ['calls:3 cudaMalloc'],
    },
    {
      ...{ id: 'waits:8', start_ns: 1.001e9, duration_ns: 1e6, runnable_ns: 1e6, kind: 'runnable', ...hog, what: '' },
      ...{ request: 'block_requests:4', queue_ns: 7e5, device_ns: 3e5 },
    },
  ],
  waits_total: 12,
  losses: [{ reason: 'ring_full_off_cpu', count: 7, start_ns: 1e9, end_ns: 2e9 }],
  notes: ['it was not seen before 1 s: that part of the window is left out'],
  truncated: true,
};

test('a timeline reads from the sums over the shape to single waits, and says what was left out or lost', () => {
  const text = renderTimeline(answer, plain);
  for (const part of [
    /^worker \(pid 100, thread 101\), 1\.000 s to 1\.010 s, 10 ms\n100 % of it accounted for, certainty 87 %\n/,
    / {2}50 % {2}5\.00 ms {2}blocked {3}lock {4}1 time\n/,
    / {2}50 % {2}5\.00 ms {2}lock {6}held by pool \(pid 100, thread 102\) {2}waits:7\n/,
    /ran instead: stress \(pid 9\) +waits:8, waits:9\n {2}and 3 more: see them with --limit N\n/,
    / {2}1\.0000 s {2}\|#{40}={10}\| {2}running on_cpu\n {2}1\.0050 s {2}\|=\.{49}\| {2}blocked lock\n/,
    /5\.00 ms at 1\.0050 s: lock futex 0x8, held by pool .*\n +waits:7; ready for 20 us of it; in calls:3 cudaMalloc\n/,
    /1\.00 ms at 1\.0010 s: runnable, ran instead: .*\n +waits:8; block_requests:4: 700 us queued, 300 us in the device\n/,
    /2 of 12: see more with --limit N\n/,
    /ring_full_off_cpu: 7 between 1 s and 2 s\n/,
    /- it was not seen before 1 s/,
  ])
    assert.match(text, part);
  assert.ok(!text.includes('\u001b'));
});

test('what there is none of has no heading', () => {
  const text = renderTimeline(
    {
      ...answer,
      states: [],
      culprits: [],
      culprits_total: 0,
      waits: [],
      waits_total: 0,
      losses: [],
      notes: [],
      steps: { columns: [], rows: [] },
    },
    plain,
  );
  assert.equal(text.split('\n').length, 3);
});
