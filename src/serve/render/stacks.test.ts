import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderStacks } from './stacks.ts';
import { styleFor } from './style.ts';

const group = {
  what: 'cudaMalloc',
  pid: 10,
  comm: 'python3',
  count: 21,
  rows: 2,
  total_ns: 25e6,
  share: 0.8,
  longest_ns: 5e6,
  frames: ['Net.forward (models/net.py:142)', '[truncated]'],
  example: 'calls:1',
};
const coverage = [{ of: 'calls', count: 30, total_ns: 40e6, with_stack: 2, with_stack_ns: 10e6 }];

test('each stack has its time and its frames, an estimate is called so, and what is known is said', () => {
  const text = renderStacks({ stacks: [group], coverage, sample_hz: 0, total: 3, truncated: true }, styleFor(false));
  assert.equal(
    text,
    `cudaMalloc of python3 (pid 10): 25 ms, 80 % of all calls with a stack
  about 21 calls from 2 stacks, the longest 5 ms, calls:1
    Net.forward (models/net.py:142)
    [truncated]

1 of 3 stacks: see more with --limit N

What there was
  30 calls in 40 ms, 2 (25 % of the time) with a stack
`,
  );
});

test('CPU samples, and nothing at all', () => {
  const { rows: _, longest_ns: __, ...plain } = group;
  const sampled = { ...plain, what: 'on_cpu', count: 3, example: 'cpu_samples:7' };
  const of = [{ of: 'cpu_samples', count: 4, total_ns: 40e6, with_stack: 3, with_stack_ns: 30e6 }];
  const text = renderStacks(
    { stacks: [sampled], coverage: of, sample_hz: 100, total: 1, truncated: false },
    styleFor(false),
  );
  assert.match(
    text,
    /^on_cpu of python3 \(pid 10\): 25 ms, 80 % of all CPU samples with a stack\n {2}3 CPU samples, cpu_samples:7\n/,
  );
  assert.match(text, / {2}4 CPU samples \(40 ms\), 3 with a stack\n$/);
  const none = renderStacks({ stacks: [], coverage, sample_hz: 0, total: 0, truncated: false }, styleFor(false));
  assert.match(none, /^No stack matches\.\n/);
});

test('where not all rows were counted that is said, and of which the longest is', () => {
  const of = [{ of: 'calls', count: 30, total_ns: 40e6, with_stack: 2, with_stack_ns: 10e6, estimated: true }];
  const text = renderStacks(
    { stacks: [group], coverage: of, sample_hz: 0, total: 1, truncated: false },
    styleFor(false),
  );
  assert.match(text, /the longest of those read 5 ms/);
  assert.match(text, / {2}about 30 calls in 40 ms, 2 \(25 % of the time\) with a stack: not all rows were counted\n$/);
});
