import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import { pythonFrame } from '../../test/scene.ts';
import { frameText } from './frame-text.ts';
import { type StacksFilter, stackGroups } from './stacks.ts';

const a = { pid: 10, tid: 10, comm: 'python3' };
const b = { pid: 20, tid: 20, comm: 'worker' };
const calls: StacksFilter = { sources: ['calls'], native: false };
const textsOf = (build: (scene: Scene) => void, filter: StacksFilter, facts = {}) =>
  recorded(
    build,
    (recording) =>
      stackGroups(recording, filter).groups.map(({ what, pid, count, rows, total_ns, frames, example }) =>
        [what, pid, count, rows, total_ns, frames.map(frameText).join(' < '), example].join(' '),
      ),
    facts,
  );

test('calls are grouped by operation, process and frames, most time first', () => {
  const build = ({ call }: Scene) => {
    for (let i = 0; i < 3; i++) call(a, 'cudaMalloc', i * 1000, 100 + i, { stack: ['forward', 'main'] });
    call(a, 'cudaMalloc', 5000, 500, { stack: ['back\x1b[31mward', 'main'] });
    call(b, 'cudaFree', 6000, 50, { stack: ['forward', 'main'] });
    call(a, 'cudaMalloc', 7000, 9999);
  };
  assert.deepEqual(textsOf(build, calls), [
    'cudaMalloc 10 1 1 500 backward (scene) < main (scene) calls:4',
    'cudaMalloc 10 3 3 303 forward (scene) < main (scene) calls:3',
    'cudaFree 20 1 1 50 forward (scene) < main (scene) calls:5',
  ]);
  recorded(build, (recording) => {
    const all = stackGroups(recording, calls);
    assert.deepEqual(
      all.groups.map(({ share }) => share),
      [0.5862, 0.3552, 0.0586],
    );
    // The call without a stack is in what there was, not in what is known.
    assert.deepEqual(all.coverage, [{ of: 'calls', count: 6, total_ns: 10_852, with_stack: 5, with_stack_ns: 853 }]);
    const examples = (filter: Partial<StacksFilter>) =>
      stackGroups(recording, { ...calls, ...filter }).groups.map(({ example }) => example);
    assert.deepEqual(examples({ op: 'cudaFree' }), ['calls:5']);
    assert.deepEqual(examples({ id: 2 }), ['calls:2']);
    assert.deepEqual(examples({ id: 6 }), []);
    assert.deepEqual(examples({ pid: 5 }), []);
    assert.deepEqual(examples({ window: { start_ns: 1000, end_ns: 2050 } }), ['calls:3']);
  });
});

test('a sampled stack counts for all that it stands for, a slow one for itself', () => {
  const build = ({ call }: Scene) => {
    for (let i = 0; i < 100; i++)
      call(a, 'cudaFree', i * 1000, 10, i % 50 === 7 ? { stack: ['often', 'main'], weight: 50 } : {});
    call(a, 'cudaFree', 200_000, 400, { stack: ['seldom', 'main'] });
  };
  assert.deepEqual(textsOf(build, calls), [
    'cudaFree 10 100 2 1000 often (scene) < main (scene) calls:8',
    'cudaFree 10 1 1 400 seldom (scene) < main (scene) calls:101',
  ]);
  recorded(build, (recording) =>
    assert.deepEqual(stackGroups(recording, calls).coverage, [
      { of: 'calls', count: 101, total_ns: 1400, with_stack: 3, with_stack_ns: 420 },
    ]),
  );
});

test('waits are grouped by kind, and those of threads that were not traced are left out', () => {
  const build = ({ wait }: Scene) => {
    wait(a, 0, 1000, {
      syscall: 'futex',
      stack: [{ kind: 'kernel', name: 'futex_wait', module: null }, 'lock', 'main'],
    });
    wait(a, 2000, 500, { syscall: 'nanosleep', stack: ['pause', 'main'] });
    wait(a, 4000, 300, { syscall: 'nanosleep' });
    wait(b, 0, 9000, { syscall: 'futex', tracked: 0 });
  };
  assert.deepEqual(textsOf(build, { sources: ['waits'], native: false }), [
    'wait: lock 10 1 1 1000 futex_wait [k] < lock (scene) < main (scene) waits:1',
    'wait: sleep 10 1 1 500 pause (scene) < main (scene) waits:2',
  ]);
  recorded(build, (recording) => {
    const { groups, coverage } = stackGroups(recording, { sources: ['waits'], kind: 'sleep', native: false });
    assert.deepEqual(
      groups.map(({ example, share }) => [example, share]),
      [['waits:2', 1]],
    );
    assert.deepEqual(coverage, [{ of: 'waits', count: 2, total_ns: 800, with_stack: 1, with_stack_ns: 500 }]);
  });
});

test('a sample stands for one period of CPU time', () => {
  const build = ({ sample }: Scene) => {
    for (let i = 0; i < 4; i++) sample(a, i * 10e6, { stack: [i === 3 ? 'rest' : 'hot', 'main'] });
    sample(a, 50e6);
  };
  assert.deepEqual(textsOf(build, { sources: ['cpu_samples'], native: false }, { sample_hz: 100 }), [
    'on_cpu 10 3 3 30000000 hot (scene) < main (scene) cpu_samples:1',
    'on_cpu 10 1 1 10000000 rest (scene) < main (scene) cpu_samples:4',
  ]);
  recorded(
    build,
    (recording) => {
      const window = { start_ns: 10e6, end_ns: 30e6 };
      const { groups, coverage, sample_hz } = stackGroups(recording, {
        sources: ['cpu_samples'],
        native: false,
        window,
      });
      assert.deepEqual(
        groups.map(({ count, longest_ns }) => [count, longest_ns]),
        [[2, 0]],
      );
      assert.deepEqual(coverage, [{ of: 'cpu_samples', count: 2, total_ns: 20e6, with_stack: 2, with_stack_ns: 20e6 }]);
      assert.equal(sample_hz, 100);
      assert.deepEqual(
        recording.samplesOf(a.tid, { start_ns: 40e6, end_ns: 60e6 }).map(({ id, stack }) => [id, stack]),
        [[5, null]],
      );
    },
    { sample_hz: 100 },
  );
});

test('of several sources the biggest of each come first', () => {
  const build = ({ call, wait, sample }: Scene) => {
    for (const name of ['one', 'two']) {
      wait(a, 0, name === 'one' ? 90e6 : 80e6, { syscall: 'epoll_wait', stack: [name] });
      call(a, 'cudaFree', 0, 100, { stack: [name] });
      sample(a, 0, { stack: [name] });
    }
  };
  assert.deepEqual(
    textsOf(build, { sources: ['calls', 'waits', 'cpu_samples'], native: false }, { sample_hz: 99 }).map(
      (line) => line.split(' ').at(-1)?.split(':')[0],
    ),
    ['waits', 'cpu_samples', 'calls', 'waits', 'cpu_samples', 'calls'],
  );
});

test("the interpreter's own frames between Python frames are left out unless they are asked for", () => {
  const libpython = '/usr/lib/libpython3.11.so.1.0';
  const c = (name: string) => ({ name, module: libpython });
  const build = ({ call }: Scene) =>
    call(a, 'cudaMalloc', 0, 100, {
      stack: [
        { name: 'launch', module: '/app/_C.so' },
        c('cfunction_call'),
        c('_PyObject_MakeTpCall'),
        c('_PyEval_EvalFrameDefault'),
        pythonFrame('Net.forward', '/srv/app/models/net.py', 142),
        c('_PyEval_EvalFrameDefault'),
        c('method_vectorcall'),
        { name: null, module: libpython, offset: 99 },
        { name: 'method_call', module: '/app/_C.so' },
        pythonFrame('<module>', 'train.py', 7),
        c('PyEval_EvalCode'),
        c('pymain_run_python'),
        { name: 'main', module: '/usr/bin/python3.11' },
        { name: '__libc_start_call_main', module: '/usr/lib/libc.so.6' },
      ],
    });
  assert.deepEqual(textsOf(build, calls), [
    'cudaMalloc 10 1 1 100 launch (_C.so) < Net.forward (models/net.py:142) < method_call (_C.so) < <module> (train.py:7) calls:1',
  ]);
  recorded(build, (recording) =>
    assert.equal(stackGroups(recording, { ...calls, native: true }).groups[0]?.frames.length, 14),
  );
});

test('stacks that are cut are told from whole ones', () => {
  recorded(
    ({ call }) => {
      call(a, 'cudaFree', 0, 100, { stack: ['x'] });
      call(a, 'cudaFree', 1000, 50, { stack: ['x'], complete: false });
    },
    (recording) =>
      assert.deepEqual(
        stackGroups(recording, calls).groups.map(({ complete }) => complete),
        [true, false],
      ),
  );
});
