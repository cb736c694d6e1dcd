// Every call of a workload is one row, with the right arguments, results and times: also when calls nest, recurse, fail,
// overlap or are left, and when the library appears late.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import {
  compileProgram,
  freshFolder,
  here,
  lab,
  look,
  type Owner,
  type Recorded,
  record,
  type SeenCall,
  startRecorder,
  until,
} from './recorder.ts';
import { SLOWNESS } from './slowness.ts';
import { compareCalls, linesOf, numberOf, readTruth, type Truth } from './truth.ts';

/** Recordings at the same time, each of a program and libraries of its own: most of it they wait for the kernel. */
const AT_ONCE = 2;

const nothingLost = ({ rows }: Recorded) =>
  assert.deepEqual(rows('SELECT reason, count, detail FROM losses'), [], 'no loss');

const runtimeCalls = (calls: readonly SeenCall[]) => calls.filter(({ library }) => library === 'cudart');
const countsOf = (calls: readonly SeenCall[]) =>
  Object.fromEntries([...Map.groupBy(calls, ({ op }) => op)].map(([op, of]) => [op, of.length]));

/** Compares a process with its truth, and its totals with its rows. */
const holdsUp = (recorded: Recorded, truth: Truth) => {
  const calls = recorded.calls(truth.pid);
  const gaps = compareCalls(truth.calls, runtimeCalls(calls));
  for (const [op, of] of Map.groupBy(calls, ({ op }) => op)) {
    const [total] = recorded.rows('SELECT count, sum_ns, failed FROM totals WHERE pid = ? AND op = ?', truth.pid, op);
    const sum = of.reduce((ns, { duration }) => ns + duration, 0);
    assert.deepEqual(
      { ...total },
      { count: of.length, sum_ns: sum, failed: of.filter(({ ret }) => ret !== 0).length },
      op,
    );
  }
  return gaps;
};

test('23 launches and 17 copies are 23 and 17 rows', here, async (t) => {
  const recorded = await record(t, ['--', lab('counted'), '--launches', '23', '--copies', '17']);
  assert.equal(recorded.ended.code, 0);
  const truth = readTruth(recorded.ended.stdout);
  const seen = runtimeCalls(recorded.calls());
  assert.deepEqual(countsOf(seen), {
    cudaMalloc: 1,
    cudaStreamCreate: 1,
    cudaLaunchKernel: 23,
    cudaMemcpyAsync: 17,
    cudaStreamSynchronize: 1,
  });
  const gaps = holdsUp(recorded, truth);
  // Two probes and two nested ones: single microseconds; a machine with other work may pause a few calls between them.
  assert.ok(
    (gaps[gaps.length >> 1] ?? 0) < 50_000 * SLOWNESS,
    `half of the calls lack more than ${gaps[gaps.length >> 1]} ns`,
  );
  nothingLost(recorded);
});

test('the same with a program for each end of a call', here, async (t) => {
  const env = { WHYTRACE_WITHOUT: 'uprobe_session' };
  const recorded = await record(t, ['--', lab('counted'), '--launches', '23', '--copies', '17'], { env });
  assert.equal(recorded.ended.code, 0);
  holdsUp(recorded, readTruth(recorded.ended.stdout));
  nothingLost(recorded);
});

test('the file says where each probe sat and what it cost', here, async (t) => {
  const recorded = await record(t, ['--', lab('counted'), '--launches', '1', '--copies', '1']);
  const [{ sites } = {}] = recorded.rows("SELECT sites FROM library WHERE kind = 'cudart'");
  const launch: unknown = Reflect.get(JSON.parse(String(sites)), 'cudaLaunchKernel');
  assert.match(String(launch), /^\+\d+ (?:nop5|nop|push|branch|single_step)$/);
});

test('calls that allocate, fail, overlap in threads and nest', here, async (t) => {
  const counted = lab('counted');
  const folder = freshFolder(t);
  const runs = {
    failing: '--launches 5 --copies 5 --allocs 9 --syncs 4 --fail 10',
    threads: '--threads 8 --launches 211 --copies 97 --allocs 20 --syncs 10',
    callbacks: '--launches 2 --copies 1 --nested --recurse 4',
  };
  const script = Object.entries(runs).map(([name, args]) => `${counted} ${args} --out ${join(folder, name)}`);
  const recorded = await record(t, ['--', 'sh', '-c', script.join(' && ')]);
  assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
  const truthOf = (name: keyof typeof runs) => readTruth(readFileSync(join(folder, name), 'utf8'));

  await t.test('failing calls keep their return codes, allocations their pointers', () => {
    const truth = truthOf('failing');
    holdsUp(recorded, truth);
    assert.deepEqual(
      [...new Set(truth.calls.map(({ ret }) => ret))].sort((a, b) => a - b),
      [0, 1, 2, 9, 21, 101],
    );
  });
  await t.test('8 threads at the same time: exact for each of them', () => {
    const truth = truthOf('threads');
    holdsUp(recorded, truth);
    const perThread = Map.groupBy(runtimeCalls(recorded.calls(truth.pid)), ({ tid }) => tid);
    assert.equal(perThread.size, 8);
    const expected = { cudaMalloc: 21, cudaStreamCreate: 1, cudaLaunchKernel: 211, cudaMemcpyAsync: 97, cudaFree: 20 };
    for (const calls of perThread.values())
      assert.deepEqual(countsOf(calls), { ...expected, cudaStreamSynchronize: 11 });
  });
  await t.test('calls made by callbacks', () => {
    holdsUp(recorded, truthOf('callbacks'));
  });
  await t.test('a driver call lies inside its runtime call, one deeper', () => {
    const truth = truthOf('threads');
    const calls = recorded.calls(truth.pid);
    const driver = calls.filter(({ library, op }) => library === 'cuda' && op === 'cuLaunchKernel');
    assert.equal(driver.length, 8 * 211);
    const enclosing = Map.groupBy(
      calls.filter(({ op }) => op === 'cudaLaunchKernel'),
      ({ tid }) => tid,
    );
    for (const [tid, inner] of Map.groupBy(driver, ({ tid }) => tid)) {
      for (const [i, call] of inner.entries()) {
        const outer = enclosing.get(tid)?.[i];
        assert.ok(outer && outer.depth === 0 && call.depth === 1);
        assert.ok(outer.start <= call.start && call.start + call.duration <= outer.start + outer.duration);
        assert.equal(call.args.get('grid_x'), outer.args.get('grid_x'));
      }
    }
  });
  nothingLost(recorded);
});

/** Builds nesting-runtime.c as a libcudart in a folder of its own, and a program on it. */
const nesting = (owner: Owner): string => {
  const folder = freshFolder(owner);
  const library = compileProgram(folder, 'nesting-runtime', {
    output: 'libcudart.so.12',
    flags: ['-shared', '-fPIC', '-Wl,-soname,libcudart.so.12'],
  });
  return compileProgram(folder, 'nesting', { flags: [library, '-Wl,-rpath,$ORIGIN'] });
};

test('calls that nest deeply, are left by longjmp, or become another', here, async (t) => {
  const program = nesting(t);
  const run = (what: string, n: number) => record(t, ['--', program, what, String(n)]);

  await t.test('recursion to depth 6', async () => {
    const recorded = await run('r', 6);
    const calls = recorded.calls();
    assert.deepEqual(
      calls.map(({ op, depth }) => `${op} ${depth}`),
      [...Array.from({ length: 6 }, (_, i) => `cudaStreamSynchronize ${i}`), 'cudaEventQuery 0'],
    );
    for (const [i, call] of calls.slice(1, 6).entries()) assert.ok(call.duration < (calls[i]?.duration ?? 0));
    nothingLost(recorded);
  });
  await t.test('what is nested deeper than is kept is counted once', async () => {
    const recorded = await run('r', 12);
    assert.deepEqual(countsOf(recorded.calls()), { cudaStreamSynchronize: 8, cudaEventQuery: 1 });
    assert.equal(recorded.lost('call_too_deep'), 4);
    assert.equal(recorded.lost('return_without_entry'), 0);
  });
  await t.test('calls left by longjmp are losses, and those after them exact', async () => {
    const recorded = await run('l', 11);
    const calls = recorded.calls();
    assert.equal(recorded.ended.code, 0);
    assert.deepEqual(
      calls.map(({ op }) => op),
      Array.from({ length: 11 }, () => ['cudaEventQuery', 'cudaStreamSynchronize']).flat(),
    );
    assert.ok(
      calls.every(({ depth }) => depth === 0),
      'the depth is back to 0',
    );
    assert.equal(recorded.lost('call_abandoned'), 33);
    assert.equal(recorded.lost('return_without_entry'), 0);
  });
  await t.test(
    'a call that ends in a jump to another',
    { skip: process.arch !== 'x64' && 'the jump is written for x86-64' },
    async () => {
      const recorded = await run('t', 9);
      const calls = recorded.calls();
      assert.deepEqual(countsOf(calls), { cudaEventSynchronize: 9, cudaEventQuery: 9 });
      assert.ok(calls.every(({ op, depth, ret }) => ret === 600 && depth === (op === 'cudaEventQuery' ? 1 : 0)));
      nothingLost(recorded);
    },
  );
  await t.test('a call in which the process ends is a loss', async () => {
    const recorded = await run('x', 1);
    assert.equal(recorded.ended.code, 7);
    assert.equal(recorded.lost('call_unfinished'), 1);
  });
  await t.test('a call in which another program takes over leaves no depth behind', async () => {
    const recorded = await run('e', 3);
    assert.deepEqual(
      recorded.calls().map(({ op, depth }) => `${op} ${depth}`),
      ['cudaStreamSynchronize 0', 'cudaStreamSynchronize 1', 'cudaStreamSynchronize 2', 'cudaEventQuery 0'],
    );
    assert.equal(recorded.lost('call_unfinished') + recorded.lost('call_abandoned'), 1);
  });
});

test('threads whose ids share a place in the kernel’s table keep their calls apart', here, async (t) => {
  const program = nesting(t);
  for (let attempt = 0; ; attempt++) {
    const recorded = await record(t, ['--', program, 'p', '9']);
    // The id that its child needs may be another process's.
    if (recorded.ended.code === 17 && attempt < 5) continue;
    assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
    assert.deepEqual(countsOf(recorded.calls()), { cudaStreamSynchronize: 1, cudaEventQuery: 9 });
    assert.equal(new Set(recorded.calls().map(({ tid }) => tid & 16_383)).size, 1);
    assert.ok(recorded.calls().every(({ depth }) => depth === 0));
    nothingLost(recorded);
    return;
  }
});

test('calls from a signal handler on its own stack, and callbacks left by longjmp', here, async (t) => {
  const recorded = await record(t, ['--', lab('longjmp')]);
  assert.equal(recorded.ended.code, 0);
  holdsUp(recorded, readTruth(recorded.ended.stdout));
});

/** Copies of the simulated libraries in a folder of their own: other files than those that anything else has mapped. */
const copies = (owner: Owner): string => {
  const folder = freshFolder(owner);
  const build = dirname(lab('counted'));
  for (const name of ['libcudart.so.12', 'libcuda.so.1']) copyFileSync(join(build, name), join(folder, name));
  return join(folder, 'libcudart.so.12');
};

test('a library that appears late is probed before its first call', { ...here, concurrency: AT_ONCE }, async (t) => {
  const late = compileProgram(freshFolder(t), 'late', { flags: ['-ldl'] });
  const made = ({ ended }: Recorded) => numberOf(linesOf(ended.stdout)[0] ?? {}, 'made');

  void t.test('two copies, loaded one after the other', async (t) => {
    const recorded = await record(t, ['--', late, '50', `+${copies(t)}`, '5', `+${copies(t)}`, '7']);
    assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
    assert.equal(made(recorded), 12);
    assert.equal(runtimeCalls(recorded.calls()).length, 12);
    assert.equal(
      recorded.count("SELECT count(*) AS n FROM library WHERE kind = 'cudart' AND path LIKE '%kernel-%'"),
      2,
    );
    nothingLost(recorded);
  });
  void t.test('the same on a kernel that does not tell of first touches', async (t) => {
    const env = { WHYTRACE_WITHOUT: 'mm_filemap_map_pages,mm_filemap_fault' };
    const recorded = await record(t, ['--', late, '50', `+${copies(t)}`, '5'], { env });
    assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
    assert.equal(runtimeCalls(recorded.calls()).length, 5);
    nothingLost(recorded);
  });
  void t.test('the time it was stopped for that is ours, and said to be', async (t) => {
    const recorded = await record(t, ['--', late, '50', `+${copies(t)}`, '1']);
    const [held] = recorded.rows("SELECT count(*) AS n, max(duration_ns) AS most FROM waits WHERE kind = 'observer'");
    assert.ok(held && Number(held.n) >= 1 && Number(held.most) < 1e9, JSON.stringify(held));
  });
  void t.test('a library whose file is gone before its first call', async (t) => {
    const recorded = await record(t, ['--', late, '50', `-${copies(t)}`, '6']);
    assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
    assert.equal(runtimeCalls(recorded.calls()).length, 6);
    nothingLost(recorded);
  });
  void t.test('a library loaded by another name, through a link', async (t) => {
    const library = copies(t);
    const link = join(dirname(library), 'libmine.so');
    symlinkSync(library, link);
    const recorded = await record(t, ['--', late, '50', `+${link}`, '4']);
    assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
    assert.equal(runtimeCalls(recorded.calls()).length, 4);
    nothingLost(recorded);
  });
  // Its probes are set while the file is still being mapped, so that the kernel touches it before it can be executed.
  void t.test('a library that another recorder probes already, in two programs at once', async (t) => {
    const library = `+${copies(t)}`;
    const path = join(freshFolder(t), 'first.db');
    const first = startRecorder(t, path, ['--', 'sh', '-c', '"$0" 20 "$1" 3; read line', late, library]);
    await until('the first program has made its calls', () => first.stdout().includes('made'));
    const others = await Promise.all([5, 6].map((n) => record(t, ['--', late, '20', library, String(n)])));
    first.write('\n');
    assert.equal((await first.ended).code, 0);
    const all = [{ seen: look(t, path), made: 3 }, ...others.map((seen, i) => ({ seen, made: 5 + i }))];
    for (const { seen, made } of all) {
      assert.equal(runtimeCalls(seen.calls()).length, made);
      assert.deepEqual(seen.rows('SELECT reason, count FROM losses'), []);
    }
  });
  void t.test('from a grandchild, in Python', async (t) => {
    const text = `import ctypes,sys,time\ntime.sleep(0.05)\nr=ctypes.CDLL(sys.argv[1][1:])\nfor i in range(9): r.cudaEventQuery(None)\n`;
    const recorded = await record(t, ['--', 'sh', '-c', 'python3 -c "$0" "$1"; exit $?', text, `+${copies(t)}`]);
    assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
    assert.deepEqual(countsOf(runtimeCalls(recorded.calls())), { cudaEventQuery: 9 });
    nothingLost(recorded);
  });
});
