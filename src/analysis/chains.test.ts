import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from 'gpt-tokenizer';
import { recorded, type Scene } from '../../test/recorded.ts';
import { pythonFrame } from '../../test/scene.ts';
import type { Chain, ChainsFilter } from './chain.ts';
import { causalChains } from './chains.ts';

const victim = { pid: 100, tid: 101, comm: 'python3' };
const hog = { pid: 4711, tid: 4711, comm: 'stress' };
const peer = { pid: 300, tid: 301, comm: 'writer' };
const MS = 1e6;
const KERNEL = { args: { fn: 0x5000 } };

/** Forty quick launches in the first 40 ms and an interval off the CPU of somebody else. */
const warm = ({ call, wait, process }: Scene) => {
  process(victim.pid, victim.comm);
  wait(peer, 0, 10, { syscall: 'nanosleep' });
  for (let i = 0; i < 40; i++) call(victim, 'cudaLaunchKernel', i * MS, 6000, KERNEL);
};
const answerOf = (build: (scene: Scene) => void, filter: Partial<ChainsFilter> = {}, facts = {}) =>
  recorded(
    (made) => {
      warm(made);
      build(made);
    },
    (recording) => {
      const answer = causalChains(recording, { top: 5, ...filter });
      assert.equal(
        JSON.stringify(causalChains(recording, { top: 5, ...filter })),
        JSON.stringify(answer),
        'not the same twice',
      );
      for (const chain of answer.chains) checkChain(chain);
      return answer;
    },
    facts,
  );
/** What holds for every chain. */
const checkChain = (chain: Chain) => {
  const sum = chain.breakdown.reduce((total, { share }) => total + share, 0);
  assert.ok(Math.abs(sum - 1) < 1e-9, `shares sum to ${sum}`);
  const time = chain.breakdown.reduce((total, { duration_ns }) => total + duration_ns, 0);
  assert.equal(time, chain.symptom.duration_ns);
  assert.ok(chain.counter_evidence.length > 0);
  assert.ok(chain.recommendations.length > 0);
  assert.ok(chain.breakdown.length <= 8);
  assert.ok(JSON.stringify(chain).length / 4 < 400);
  assert.ok(chain.links.some(({ evidence }) => evidence.some((row) => row.startsWith('calls:'))));
  assert.ok(chain.confidence <= 0.99);
  for (const { start_ns, end_ns } of chain.links)
    assert.ok(start_ns >= chain.symptom.start_ns && end_ns <= chain.symptom.end_ns && start_ns <= end_ns);
};
const onlyChain = (chains: readonly Chain[]): Chain => {
  assert.equal(chains.length, 1, `${chains.length} chains: ${chains.map(({ summary }) => summary).join(' | ')}`);
  const [chain] = chains;
  assert.ok(chain !== undefined);
  return chain;
};
/** A launch of 40 ms from 100 ms on, the first millisecond of which it runs. */
const slow = ({ call }: Scene, parts: Parameters<Scene['call']>[4] = KERNEL) =>
  call(victim, 'cudaLaunchKernel', 100 * MS, 40 * MS, parts);
const starve = (made: Scene, from: number, length: number) => {
  made.wait(victim, from, 0, { runnable: length, cpu: 1 });
  made.slice(hog, 1, from, length);
};

test('a hog on the same CPU is named, with the share, the evidence and the remedy', () => {
  const { chains, verdict } = answerOf((made) => {
    slow(made, { ...KERNEL, stack: ['forward', 'main'] });
    starve(made, 101 * MS, 39 * MS - 1000);
  });
  const chain = onlyChain(chains);
  assert.equal(verdict, 'explained');
  assert.deepEqual(chain.root, {
    kind: 'runnable',
    pid: 4711,
    tid: 4711,
    comm: 'stress',
    what: 'ran on CPU 1',
    share: 0.975,
  });
  assert.equal(
    chain.summary,
    'cudaLaunchKernel, called from forward() in scene, took 40 ms instead of 6 us: 98 % of it python3 (tid 101) was ready to run but CPU 1 was taken by stress (pid 4711).',
  );
  assert.deepEqual(chain.links[0]?.evidence, ['calls:41', 'waits:2', 'run_slices:1']);
  assert.equal(chain.links[0]?.to_tid, 4711);
  assert.equal(chain.grade, 'C');
  assert.equal(chain.confidence, 0.95);
  assert.equal(chain.symptom.baseline_ns, 6000);
  assert.match(chain.recommendations[0] ?? '', /lower the priority of .*`renice 19 .*` \(saves up to 39 ms of 40 ms\)/);
  assert.match(chain.counter_evidence.join('\n'), /usual time: lower tenth of 41 calls of this function/);
});

test('a chain is short: about 400 tokens', () => {
  const { chains } = answerOf((made) => {
    for (let i = 0; i < 12; i++) {
      const at = (100 + 50 * i) * MS;
      const long = (name: string, line: number) => [pythonFrame(name.repeat(20), `/srv/${name.repeat(40)}.py`, line)];
      const [stack, waiting] = [long(i === 0 ? 'longest' : 'others', 1), long('waiting', 2)];
      made.call(victim, 'cudaLaunchKernel', at, (i === 0 ? 41 : 40) * MS, { ...KERNEL, stack });
      starve(made, at + MS, 20 * MS);
      made.wait(victim, at + 21 * MS, 10 * MS, { syscall: 'read', file_type: 1, waker: peer, stack: waiting });
    }
  });
  assert.ok(encode(JSON.stringify(onlyChain(chains))).length < 440);
});

test('like calls are one chain with their number, their sum and the longest as the symptom', () => {
  const { chains } = answerOf((made) => {
    for (let i = 0; i < 12; i++) {
      made.call(victim, 'cudaLaunchKernel', (100 + 100 * i) * MS, (30 + i) * MS, KERNEL);
      starve(made, (100 + 100 * i) * MS, (30 + i) * MS);
    }
  });
  const chain = onlyChain(chains);
  assert.equal(chain.symptom.count, 12);
  assert.equal(chain.symptom.duration_ns, 41 * MS);
  assert.match(chain.summary, /took 41 ms instead of 6 us \(the longest of 12 calls, 426 ms in total\)/);
});

test('different culprits are different chains, most explained time first', () => {
  const { chains } = answerOf((made) => {
    made.call(victim, 'cudaLaunchKernel', 100 * MS, 20 * MS, KERNEL);
    made.wait(victim, 100 * MS, 19 * MS, { syscall: 'read', file_type: 1, waker: peer });
    made.call(victim, 'cudaLaunchKernel', 200 * MS, 30 * MS, KERNEL);
    starve(made, 200 * MS, 30 * MS);
  });
  assert.deepEqual(
    chains.map(({ id, root }) => [id, root.kind, root.comm]),
    [
      ['c1', 'runnable', 'stress'],
      ['c2', 'on_cpu', 'writer'],
    ],
  );
});

const ROOTS: readonly (readonly [name: string, wait: Parameters<Scene['wait']>[3], kind: string, culprit: number])[] = [
  ['a pipe', { syscall: 'read', file_type: 1, waker: peer }, 'on_cpu', 300],
  ['a futex', { syscall: 'futex', arg0: 64, waker: { pid: 100, tid: 150, comm: 'pool' } }, 'on_cpu', 100],
  ['a sleep', { syscall: 'nanosleep', waker_context: 2 }, 'sleep', 100],
  ['a CPU quota', { throttled: 1 }, 'throttled', 100],
  ['a page fault', { state: 2, iowait: 1, waker_context: 3 }, 'page_fault', 0],
  ['a child', { syscall: 'wait4', waker: peer, waker_syscall: 'exit_group' }, 'on_cpu', 300],
  ['something unknown', { syscall: 'io_uring_enter' }, 'unknown', 0],
];
for (const [name, wait, kind, culprit] of ROOTS)
  test(`a launch that waited for ${name} has the root ${kind}`, () => {
    const { chains } = answerOf((made) => {
      slow(made);
      made.wait(victim, 101 * MS, 38 * MS, wait);
    });
    const { root, summary } = onlyChain(chains);
    assert.equal(root.kind, kind);
    assert.equal(root.pid, culprit);
    assert.equal(root.share, 0.95);
    assert.match(summary, /took 40 ms instead of 6 us: 95 % of it python3/);
  });

test('the cgroup of a CPU quota is named', () => {
  const { chains } = answerOf((made) => {
    slow(made);
    made.wait(victim, 101 * MS, 38 * MS, { throttled: 1 });
    made.writer.updateProcess(victim.pid, { cgroup: '/docker/abc' });
  });
  assert.match(onlyChain(chains).summary, /the CPU quota of cgroup \/docker\/abc was used up/);
});

test('time of its own is said to be its own, with the function that made the call', () => {
  const { chains } = answerOf((made) => slow(made, { ...KERNEL, stack: ['forward', 'step', 'main', 'start'] }));
  const { root, summary, grade, symptom } = onlyChain(chains);
  assert.equal(root.kind, 'on_cpu');
  assert.equal(root.what, 'its own code');
  assert.deepEqual(symptom.code, { function: 'forward', file: '/usr/bin/scene', line: null });
  assert.match(summary, /^cudaLaunchKernel, called from forward\(\) in scene, took /);
  assert.equal(grade, 'A');
  assert.match(summary, /which code that was, this recording does not tell/);
});

test('CPU samples of its calls say which code that was', () => {
  const { chains } = answerOf((made) => {
    slow(made);
    for (const [i, name] of ['push', 'spin', 'spin', 'spin'].entries())
      made.sample(victim, (105 + i * 10) * MS, { stack: [name, 'cudaLaunchKernel'] });
    made.sample({ ...victim, tid: 555 }, 120 * MS, { stack: ['other'] });
    made.sample(victim, 200 * MS, { stack: ['later'] });
  });
  const { root, summary } = onlyChain(chains);
  assert.equal(root.what, 'its own code, 3 of 4 CPU samples in spin (scene)');
  assert.match(summary, /ran on a CPU in its own code, 3 of 4 CPU samples in spin \(scene\)\.$/);
});

const forward = pythonFrame('Net.forward', '/srv/app/train.py', 142);
const inTorch = pythonFrame('_call_impl', '/usr/lib/python3/dist-packages/torch/nn/modules/module.py', 1511);

test('the line that the user wrote is said, and where most of the calls come from when that is another', () => {
  const build = (stacks: readonly Parameters<typeof slow>[1][]) => (made: Scene) => {
    for (const [i, parts] of stacks.entries()) {
      const start = (100 + i * 50) * MS;
      made.call(victim, 'cudaLaunchKernel', start, (40 - i) * MS, { ...KERNEL, ...parts });
      starve(made, start, (40 - i) * MS);
    }
  };
  const own = { stack: ['launch', inTorch, forward, pythonFrame('main', '/srv/app/train.py', 9)] };
  const other = { stack: [pythonFrame('backward', '/srv/app/train.py', 160)] };
  const one = onlyChain(answerOf(build([own, own, {}])).chains);
  assert.deepEqual(one.symptom.code, { function: 'Net.forward', file: '/srv/app/train.py', line: 142 });
  assert.match(one.summary, /^cudaLaunchKernel, called from Net\.forward\(\) at train\.py:142, took 40 ms /);
  assert.doesNotMatch(one.summary, /come from/);
  const mixed = onlyChain(answerOf(build([own, other, other])).chains);
  assert.equal(mixed.symptom.code?.line, 142);
  assert.match(mixed.summary, / Of 3 calls with a stack 2 come from backward\(\) at train\.py:160\.$/);
  const longestUnknown = onlyChain(answerOf(build([{}, other])).chains);
  assert.equal(longestUnknown.symptom.code?.line, 160);
});

test('a link says where the thread waited, when that is another line', () => {
  const at = (line: number) => [pythonFrame('load', '/srv/app/data.py', line)];
  const linkOf = (line: number) =>
    onlyChain(
      answerOf((made) => {
        slow(made, { ...KERNEL, stack: at(12) });
        made.wait(victim, 101 * MS, 38 * MS, { syscall: 'nanosleep', waker_context: 2, stack: at(line) });
      }).chains,
    ).links[0];
  assert.equal(linkOf(30)?.code, 'load() at data.py:30');
  assert.equal(linkOf(12)?.code, undefined);
});

test('what is missing around a call lowers the confidence by 0.1 each and is said', () => {
  const build = (made: Scene) => {
    slow(made);
    starve(made, 101 * MS, 38 * MS);
    made.writer.loss('history_overwritten', 90 * MS, 120 * MS, 5);
    made.writer.loss('ring_full_off_cpu', 90 * MS, 120 * MS, 7);
    made.writer.loss('ring_full_off_cpu', 200 * MS, 300 * MS, 7);
    made.writer.loss('stack_failed', 90 * MS, 120 * MS, 7);
    made.call(peer, 'cudaFree', 400 * MS, 10);
  };
  const { chains, losses } = answerOf(build);
  const chain = onlyChain(chains);
  assert.equal(chain.confidence, 0.75);
  assert.match(chain.counter_evidence.join('\n'), /missing around it: ring_full_off_cpu \(7\)/);
  assert.deepEqual(
    losses.map(({ reason, count }) => [reason, count]),
    [
      ['history_overwritten', 5],
      ['ring_full_off_cpu', 14],
      ['stack_failed', 7],
    ],
  );
});

test('load of the recorder itself is reported as such', () => {
  const { chains } = answerOf(
    (made) => {
      slow(made);
      made.wait(victim, 101 * MS, 0, { runnable: 39 * MS, cpu: 1 });
      made.slice({ pid: 77, tid: 77, comm: 'whytrace' }, 1, 101 * MS, 39 * MS);
    },
    {},
    { recorder_pid: 77 },
  );
  assert.equal(onlyChain(chains).root.kind, 'observer');
});

test('a name that a program gave itself cannot smuggle control characters into an answer', () => {
  const { chains } = answerOf((made) => {
    slow(made);
    made.wait(victim, 101 * MS, 0, { runnable: 39 * MS, cpu: 1 });
    made.slice({ pid: 9, tid: 9, comm: 'ev\x1b[31mil\n\u202e' }, 1, 101 * MS, 39 * MS);
  });
  assert.equal(onlyChain(chains).root.comm, 'evil ');
});

test('quick calls are healthy; no calls, an unknown operation or an empty window are no evidence', () => {
  assert.deepEqual([answerOf(() => {}).verdict, answerOf(() => {}).chains], ['healthy', []]);
  assert.equal(answerOf(() => {}, { op: 'cudaMalloc' }).verdict, 'insufficient_evidence');
  assert.equal(answerOf(() => {}, { pid: 5 }).verdict, 'insufficient_evidence');
  const later = { start_ns: 39.5 * MS, end_ns: 39.9 * MS };
  assert.equal(answerOf(() => {}, { window: later }).verdict, 'insufficient_evidence');
  recorded(
    () => {},
    (recording) => assert.equal(causalChains(recording, { top: 3 }).verdict, 'insufficient_evidence'),
  );
});

test('quick calls among many lost ones are no proof of health', () => {
  const { verdict } = answerOf(({ writer }) => writer.loss('ring_full_call', 0, 30 * MS, 5000));
  assert.equal(verdict, 'insufficient_evidence');
});

test('filters choose which calls are explained', () => {
  const build = (made: Scene) => {
    for (const at of [100, 300]) {
      made.call(victim, 'cudaLaunchKernel', at * MS, 20 * MS, KERNEL);
      starve(made, at * MS, 20 * MS);
    }
  };
  const window = { start_ns: 290 * MS, end_ns: 400 * MS };
  assert.equal(onlyChain(answerOf(build, { window }).chains).symptom.start_ns, 300 * MS);
  assert.equal(answerOf(build, { pid: peer.pid }).chains.length, 0);
  assert.equal(answerOf(build, { minDuration: 30 * MS }).verdict, 'healthy');
  assert.equal(answerOf(build, { top: 0 }).verdict, 'explained');
});

test('the usual length of a large copy is not that of a small one', () => {
  const { verdict } = answerOf(({ call }) => {
    for (let i = 0; i < 40; i++) call(victim, 'cudaMemcpy', (100 + i) * MS, 10_000, { args: { bytes: 4096 } });
    for (let i = 0; i < 6; i++) call(victim, 'cudaMemcpy', (200 + 20 * i) * MS, 9 * MS, { args: { bytes: 1e8 } });
  });
  assert.equal(verdict, 'healthy');
});
