// How a recording ends: with its program, by signals, by a kill; and what the file says then. Nothing recorded is lost.
// Not tested here: a change of the wall clock, which cannot be made safely on a shared machine. Every time in a recording is
// a difference of CLOCK_MONOTONIC, which the wall clock does not move; the wall clock is read once, for one fact.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runRecording } from '../../src/record/run.ts';
import { openRecording } from '../../src/store/open-recording.ts';
import { number, text } from '../../src/store/row.ts';
import {
  compileProgram,
  freshFolder,
  here,
  lab,
  look,
  peek,
  record,
  startRecorder,
  until,
  untilRecording,
  WHYTRACE,
} from './recorder.ts';
import { json, linesOf, numberOf } from './truth.ts';

test('the exit code is that of the program', here, async (t) => {
  const codes = await Promise.all(
    [['sh', '-c', 'exit 3'], ['sh', '-c', 'kill -TERM $$'], ['true']].map(
      async (command) => (await record(t, ['--', ...command])).ended,
    ),
  );
  assert.deepEqual(
    codes.map(({ code }) => code),
    [3, 128 + 15, 0],
  );
});

test('an interrupt from the keyboard ends the program, and the file is complete', here, async (t) => {
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, ['--', lab('storm'), '--rate', '2000', '--seconds', '20']);
  await untilRecording(path, { libraries: 2 });
  recorder.killGroup('SIGINT');
  const ended = await recorder.ended;
  assert.equal(ended.code, 130, ended.stderr);
  assert.match(ended.stderr, /none lost/);
  const seen = look(t, path);
  assert.equal(seen.recording.state, 'complete');
  assert.equal(seen.lost('cut_short'), 0);
  assert.ok(seen.calls().length > 100);
  assert.ok(!existsSync(`${path}-wal`), 'one file without companions');
});

test('somebody reads the file while the recording ends', here, async (t) => {
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, ['--', 'sh', '-c', 'read line']);
  await untilRecording(path);
  const reader = openRecording(path);
  t.after(() => reader.close());
  assert.equal(reader.state, 'live');
  recorder.write('go\n');
  const { code, stderr } = await recorder.ended;
  assert.equal(code, 0, stderr);
  assert.equal(reader.processes().filter(({ tracked }) => tracked === 1).length, 1, 'the reader still has what it saw');
  const seen = look(t, path);
  assert.equal(seen.recording.state, 'complete');
  assert.equal(seen.lost('cut_short'), 0);
});

test('SIGTERM is passed on to the program', here, async (t) => {
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, ['--', 'sh', '-c', 'trap "exit 9" TERM; while :; do sleep 0.02; done']);
  await untilRecording(path);
  recorder.kill('SIGTERM');
  assert.equal((await recorder.ended).code, 9);
  assert.equal(look(t, path).recording.state, 'complete');
});

test('a program that ignores the interrupt: the second one ends the recording without it', here, async (t) => {
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, ['--', 'sh', '-c', 'trap "" INT; sleep 8; true']);
  await untilRecording(path);
  recorder.killGroup('SIGINT');
  await sleep(200);
  assert.ok(!recorder.hasEnded(), 'the first one waits for the program');
  recorder.killGroup('SIGINT');
  const began = performance.now();
  await until('the recorder ends', recorder.hasEnded);
  assert.ok(performance.now() - began < 3000);
  assert.equal(look(t, path).recording.state, 'complete');
});

test('three interrupts at once leave a readable file', here, async (t) => {
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, ['--', 'sh', '-c', 'trap "" INT; sleep 8; true']);
  await untilRecording(path);
  for (let i = 0; i < 3; i++) {
    recorder.kill('SIGINT');
    await sleep(1);
  }
  await until('the recorder ends', recorder.hasEnded);
  const seen = look(t, path);
  assert.ok(['complete', 'cut'].includes(seen.recording.state));
  assert.ok(seen.count('SELECT count(*) AS n FROM processes') >= 1);
});

test('a killed recorder leaves a file that lacks at most a second and says that it was cut', here, async (t) => {
  const path = join(freshFolder(t), 'run.db');
  const recorder = startRecorder(t, path, [
    '--',
    lab('counted'),
    '--launches',
    '1000000',
    '--copies',
    '0',
    '--interval-us',
    '1000',
  ]);
  const calls = () => peek(path, 'SELECT max(start_ns) AS n, count(*) AS calls FROM call')[0];
  await until('calls are committed', () => Number(calls()?.calls ?? 0) > 100);
  const before = calls();
  assert.ok(before);
  const [live] = peek(path, "SELECT value FROM recording WHERE key = 'state'");
  assert.ok(live && text(live, 'value') === 'recording');
  const program = Number(peek(path, 'SELECT max(pid) AS n FROM process WHERE tracked = 1')[0]?.n);
  const killed = process.hrtime.bigint();
  recorder.kill('SIGKILL');
  await until('it is dead', recorder.hasEnded);
  recorder.killGroup('SIGKILL');
  const seen = look(t, path);
  assert.equal(seen.recording.state, 'cut');
  assert.equal(seen.lost('cut_short'), 1);
  const unix = BigInt(seen.recording.facts.get('started_unix_ns') ?? '0');
  const age = Number(BigInt(Date.now()) * 1_000_000n - (process.hrtime.bigint() - killed) - unix);
  const last = seen.count('SELECT max(start_ns + duration_ns) AS n FROM calls WHERE pid = ?', program);
  assert.ok(last >= number(before, 'n'));
  assert.ok(age - last < 1.1e9, `the last call is ${(age - last) / 1e6} ms before the end`);
  const totals = seen.count("SELECT sum(count) AS n FROM totals WHERE op = 'cudaLaunchKernel'");
  assert.equal(
    totals,
    seen.calls(program).filter(({ op }) => op === 'cudaLaunchKernel').length,
    'totals and rows belong together',
  );
  const { stdout, status } = spawnSync(WHYTRACE, ['explain', path], { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /cut/i);

  await t.test('and makes way for the next recording, with all its companions', async () => {
    const next = await startRecorder(t, path, ['--', 'true']).ended;
    assert.equal(next.code, 0);
    assert.match(next.stderr, /the older recording is now .*run\.db\.old/);
    const old = look(t, `${path}.old`);
    assert.equal(old.count('SELECT max(start_ns + duration_ns) AS n FROM calls WHERE pid = ?', program), last);
  });
});

test('a call that hangs when the recording ends is a loss that names it', here, async (t) => {
  const folder = freshFolder(t);
  const library = compileProgram(folder, 'nesting-runtime', {
    output: 'libcudart.so.12',
    flags: ['-shared', '-fPIC', '-Wl,-soname,libcudart.so.12'],
  });
  const program = compileProgram(folder, 'nesting', { flags: [library, '-Wl,-rpath,$ORIGIN'] });
  const path = join(folder, 'run.db');
  const recorder = startRecorder(t, path, ['--duration', '900ms', '--', program, 'h', '1']);
  const isComplete = () => peek(path, "SELECT 1 FROM recording WHERE key = 'state' AND value = 'complete'").length > 0;
  await until('the recording ends, though its program does not', isComplete);
  recorder.killGroup('SIGKILL');
  const [row] = look(t, path).rows(
    "SELECT start_ns, end_ns, count, detail FROM losses WHERE reason = 'call_unfinished'",
  );
  assert.ok(row);
  assert.match(text(row, 'detail'), /^cudaStreamSynchronize in pid \d+ tid \d+, entered 0\.\d{3} s before/);
  assert.ok(number(row, 'end_ns') - number(row, 'start_ns') > 0.3e9);
});

test('a ring that is far too small: rows are lost and counted, totals are exact', here, async (t) => {
  const folder = freshFolder(t);
  const [path, truthPath] = [join(folder, 'run.db'), join(folder, 'truth')];
  await runRecording({
    path,
    version: 'test',
    selection: {
      pids: [],
      comms: [],
      cgroups: [],
      all: false,
      command: ['sh', '-c', `exec ${lab('storm')} --rate 0 --ms 300 > ${truthPath}`],
    },
    duration: undefined,
    ringBytes: 1 << 16,
    onReady: () => {},
    onInterrupt: () => {},
  });
  const truth = linesOf(readFileSync(truthPath, 'utf8'))[0] ?? {};
  const seen = look(t, path);
  const total = (op: string) => seen.count('SELECT coalesce(sum(count), 0) AS n FROM totals WHERE op = ?', op);
  const rows = (op: string) => seen.count('SELECT count(*) AS n FROM calls WHERE op = ?', op);
  // Of what is usual most is left out before the ring is quite full.
  const lost = seen.lost('ring_full_call') + seen.lost('shed_call');
  assert.ok(lost > 1000, `${lost} calls lost`);
  for (const [op, made] of Object.entries(json(truth.counts))) assert.equal(total(op), made, op);
  const ops = seen.rows('SELECT DISTINCT op FROM totals').map((row) => text(row, 'op'));
  const missing = ops.reduce((sum, op) => sum + total(op) - rows(op), 0);
  assert.equal(missing, lost, 'what the totals have more than the rows is what was counted as missing');
  assert.ok(numberOf(truth, 'total') > 0);
});
