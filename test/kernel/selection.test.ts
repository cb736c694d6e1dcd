// Which processes a recording is about: a running one, its children, one of a name, all that use CUDA; and only those.
import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { number, text } from '../../src/store/row.ts';
import {
  compileProgram,
  freshFolder,
  here,
  lab,
  look,
  type Owner,
  peek,
  record,
  start,
  startRecorder,
  until,
  untilRecording,
} from './recorder.ts';
import { SLOWNESS } from './slowness.ts';
import { linesOf, numberOf, readTruth } from './truth.ts';

const copies = (owner: Owner): string => {
  const folder = freshFolder(owner);
  const build = dirname(lab('counted'));
  for (const name of ['libcudart.so.12', 'libcuda.so.1', 'counted'])
    copyFileSync(join(build, name), join(folder, name));
  return folder;
};

test('a running process: says that calls before are not seen, and counts those after exactly', here, async (t) => {
  const late = compileProgram(freshFolder(t), 'late', { flags: ['-ldl'] });
  const [kept, removed] = [copies(t), copies(t)].map((folder) => join(folder, 'libcudart.so.12'));
  const program = start(t, late, ['wait', `+${kept}`, '31', `-${removed}`, '17']);
  await until('the program has loaded its libraries', () => program.stdout().includes('loaded'));
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, ['-p', String(program.pid)]);
  await untilRecording(path, { libraries: 3 });
  program.write('go\n');
  const ended = await recorder.ended;
  assert.equal(ended.code, 0, `ends by itself after the process: ${ended.stderr}`);
  const seen = look(t, path);
  assert.equal(seen.calls(program.pid).filter(({ library }) => library === 'cudart').length, 31 + 17);
  assert.equal(seen.lost('late_attach'), 1);
  const [row] = seen.rows('SELECT end_ns, start_ns FROM processes WHERE pid = ?', program.pid);
  assert.ok(row && number(row, 'start_ns') < 0 && number(row, 'end_ns') > 0, JSON.stringify(row));
});

test('children and threads of a named process, and nobody else', here, async (t) => {
  const counted = lab('counted');
  const bystander = start(t, counted, ['--launches', '2000', '--copies', '0', '--interval-us', '1000']);
  const folder = freshFolder(t);
  const shell = start(t, 'sh', [
    '-c',
    `read line; ${counted} --launches 5 --copies 3 --threads 2 --start-delay-ms 150 --out ${join(folder, 'truth')} & wait; exit 0`,
  ]);
  const path = join(folder, 'run.db');
  const recorder = startRecorder(t, path, ['-p', String(shell.pid)]);
  await untilRecording(path);
  shell.write('go\n');
  const ended = await recorder.ended;
  assert.equal(ended.code, 0, ended.stderr);
  const seen = look(t, path);
  const counts = Map.groupBy(seen.calls(), ({ op }) => op);
  assert.equal(counts.get('cudaLaunchKernel')?.length, 10);
  assert.equal(counts.get('cudaMemcpyAsync')?.length, 6);
  assert.deepEqual(
    seen
      .rows('SELECT comm, parent_pid FROM processes WHERE tracked = 1 ORDER BY start_ns')
      .map((row) => text(row, 'comm')),
    ['sh', 'counted'],
  );
  // It was not stopped for us, since we did not start it: a first call could have been missed.
  assert.equal(seen.lost('late_attach'), 1);
  assert.ok(!seen.calls().some(({ pid }) => pid === bystander.pid), 'the bystander is not recorded');
  assert.equal(seen.count('SELECT count(*) AS n FROM waits WHERE pid = ?', bystander.pid), 0);
});

test('without a choice: programs that use CUDA already, and those that begin to', here, async (t) => {
  const folder = copies(t);
  const counted = join(folder, 'counted');
  const early = start(t, lab('counted'), ['--launches', '100000', '--copies', '0', '--interval-us', '2000']);
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, []);
  await untilRecording(path);
  // The first one with these files: its first calls may be missed, and then the recording says so.
  const first = start(t, counted, ['--launches', '23', '--copies', '17', '--start-delay-ms', '150']);
  await first.ended;
  const second = await start(t, counted, ['--launches', '11', '--copies', '7']).ended;
  const ofEarly = `SELECT count(*) AS n FROM calls WHERE op = 'cudaLaunchKernel' AND pid = ${early.pid}`;
  await until('the one that was there is seen', () => Number(peek(path, ofEarly)[0]?.n ?? 0) > 100);
  recorder.kill('SIGINT');
  const ended = await recorder.ended;
  assert.equal(ended.code, 0, ended.stderr);
  const seen = look(t, path);
  const launches = (pid: number) => seen.calls(pid).filter(({ op }) => op === 'cudaLaunchKernel').length;
  assert.ok(launches(early.pid) > 100, `${launches(early.pid)} launches of the one that was there`);
  assert.equal(launches(first.pid), 23);
  assert.equal(launches(readTruth(second.stdout).pid), 11);

  const late = (pid: number) =>
    seen.count("SELECT count(*) AS n FROM losses WHERE reason = 'late_attach' AND detail LIKE ?", `pid ${pid} %`);
  assert.deepEqual(
    [early.pid, first.pid].map(late),
    [1, 1],
    'of the one that was there, and the first with these files',
  );
  assert.equal(late(readTruth(second.stdout).pid), 0);
  assert.equal(seen.recording.state, 'complete');
});

test('processes of a name: those that run, and those that begin later', here, async (t) => {
  const folder = freshFolder(t);
  const named = join(folder, 'wt-named');
  copyFileSync(compileProgram(folder, 'waits'), named);
  const other = start(t, join(folder, 'waits'), ['chunks', '2000']);
  const one = start(t, named, ['chunks', '2000']);
  const path = join(folder, 'run.db');
  const recorder = startRecorder(t, path, ['--comm', 'wt-named']);
  await untilRecording(path);
  const two = start(t, named, ['chunks', '60']);
  await two.ended;
  const ofOne = `SELECT count(*) AS n FROM waits WHERE pid = ${one.pid}`;
  await until('the one that was there is seen', () => Number(peek(path, ofOne)[0]?.n ?? 0) > 20);
  recorder.kill('SIGINT');
  assert.equal((await recorder.ended).code, 0);
  const seen = look(t, path);
  const waits = (pid: number) => seen.count('SELECT count(*) AS n FROM waits WHERE pid = ?', pid);
  assert.ok(waits(one.pid) > 20 && waits(two.pid) >= 10, `${waits(one.pid)} and ${waits(two.pid)} waits`);
  assert.equal(waits(other.pid), 0);
});

test('processes that end while they are being attached', here, async (t) => {
  const counted = lab('counted');
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, ['--duration', '1s']);
  await sleep(150);
  const script = `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do ${counted} --launches 1 --copies 0 >/dev/null & done; wait`;
  assert.equal((await start(t, 'sh', ['-c', script]).ended).code, 0);
  assert.equal((await recorder.ended).code, 0);
  const { state, facts } = look(t, path).recording;
  assert.equal(state, 'complete');
  const duration = Number(facts.get('duration_ns'));
  assert.ok(duration > 0.95e9 && duration < 10e9 * SLOWNESS, `${duration} ns`);

  await t.test('a named one that has ended, but was not waited for', async (t) => {
    const parent = start(t, 'python3', [
      '-c',
      'import subprocess,sys\np=subprocess.Popen(["true"])\nimport time\ntime.sleep(.2)\nprint(p.pid,flush=True)\nsys.stdin.read()',
    ]);
    await until('there is a zombie', () => parent.stdout().includes('\n'));
    const { code, stderr } = await startRecorder(t, join(freshFolder(t), 'x.db'), ['-p', parent.stdout().trim()]).ended;
    assert.equal(code, 1);
    assert.match(stderr, /^whytrace: cannot trace pid \d+: there is no such process; .*\n$/);
  });
  await t.test('a named one that ends a moment later', async (t) => {
    const short = start(t, 'sleep', ['0.25']);
    const { code, stderr } = await startRecorder(t, join(freshFolder(t), 'x.db'), ['-p', String(short.pid)]).ended;
    assert.ok(code === 0 || (code === 1 && /no such process/.test(stderr)), stderr);
  });
});

test('two recorders at the same time, into two files: both complete', here, async (t) => {
  const counted = lab('counted');
  const program = start(t, 'sh', [
    '-c',
    `read line; ${counted} --launches 23 --copies 17 --start-delay-ms 600; exit 0`,
  ]);
  const folder = freshFolder(t);
  const paths = ['one.db', 'two.db'].map((name) => join(folder, name));
  const recorders = paths.map((path) => startRecorder(t, path, ['-p', String(program.pid)]));
  for (const path of paths) await untilRecording(path);
  program.write('go\n');
  for (const recorder of recorders) assert.equal((await recorder.ended).code, 0);
  for (const path of paths) {
    const ops = Map.groupBy(look(t, path).calls(), ({ op }) => op);
    assert.deepEqual(
      [ops.get('cudaLaunchKernel')?.length, ops.get('cudaMemcpyAsync')?.length],
      [23, 17],
      basename(path),
    );
  }
});

test('a runtime inside the program itself is noticed, probed and said', here, async (t) => {
  const program = lab('static');
  try {
    copyFileSync(program, join(freshFolder(t), 'static'));
  } catch {
    return t.skip('needs the static CUDA runtime (libcudart_static.a of the toolkit)');
  }
  const recorded = await record(t, ['--', program, '--calls', '7', '--linger-ms', '100']);
  assert.match(
    recorded.ended.stderr,
    /^note: the CUDA runtime is linked statically into .*static: its functions are probed/m,
  );
  assert.equal(recorded.calls().filter(({ op }) => op === 'cudaMalloc').length, 7);
  assert.equal(recorded.count("SELECT count(*) AS n FROM processes WHERE note LIKE '%statically%'"), 1);
});

test('the real CUDA runtime', here, async (t) => {
  const library = '/usr/local/cuda/lib64/libcudart.so';
  const program = start(t, lab('realcuda'), ['--cudart', library]);
  if ((await program.ended).code !== 0) return t.skip(`needs the CUDA toolkit's ${library}`);
  const recorded = await record(t, ['--', lab('realcuda'), '--cudart', library]);
  const truth = linesOf(recorded.ended.stdout)[0]?.counts ?? {};
  for (const [op, tally] of Object.entries(truth)) {
    if (op === 'cudaGetDeviceCount') continue;
    const calls = recorded.calls().filter((call) => call.op === op);
    assert.equal(calls.length, numberOf(tally, 'calls'), op);
    const codes = Map.groupBy(calls, ({ ret }) => String(ret));
    assert.deepEqual(Object.fromEntries([...codes].map(([ret, of]) => [ret, of.length])), tally.ret, op);
  }
  rmSync(recorded.path);
});
