// `whytrace export` from outside: what comes on stdout, what goes into a file, and what it refuses.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { pythonFrame, scene } from '../../../test/scene.ts';
import { whytrace } from '../run-for-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-export-'));
const made = scene({ sample_hz: 100 });
const thread = { pid: 10, tid: 10, comm: 'python3' };
const ms = 1e6;

before(() => {
  made.process(10, 'python3');
  made.call(thread, 'cudaMalloc', 0, 5 * ms, { stack: [pythonFrame('train', '/srv/app/train.py', 12)] });
  made.wait(thread, ms, 2 * ms, { syscall: 'futex', stack: ['lock'] });
  made.sample(thread, 10 * ms, { stack: ['spin'] });
  made.done();
});
after(() => {
  made.remove();
  rmSync(folder, { recursive: true });
});

test('folded comes on stdout and nothing else does', async () => {
  assert.deepEqual(await whytrace(['export', made.path]), {
    code: 0,
    out: 'python3 (pid 10);spin (scene) 10000\n',
    err: '',
  });
  const { out } = await whytrace(['export', made.path, '--op', 'cudaMalloc', '-o', '-']);
  assert.equal(out, 'python3 (pid 10);train (app/train.py:12);cudaMalloc 5000\n');
  const waits = await whytrace(['export', made.path, '--of', 'waits']);
  assert.equal(waits.out, 'python3 (pid 10);lock (scene);[wait: lock] 2000\n');
});

test('a file is written and written again, but a recording is not replaced', async () => {
  const file = join(folder, 'calls.pb.gz');
  writeFileSync(file, 'old');
  const args = ['export', made.path, '--format', 'pprof', '--of', 'calls', '-o'];
  const { code, out, err } = await whytrace([...args, file]);
  assert.deepEqual([code, out], [0, '']);
  assert.equal(err, `whytrace: 1 stack of calls written to ${file}\n`);
  assert.ok(gunzipSync(readFileSync(file)).includes('cudaMalloc'));
  const refused = await whytrace([...args, made.path]);
  assert.deepEqual([refused.code, refused.out], [1, '']);
  assert.match(refused.err, /it is a recording, which is not replaced/);
  const nowhere = await whytrace([...args, join(folder, 'no/such/file')]);
  assert.match(nowhere.err, /^whytrace: cannot write .*no\/such\/file: [^\n]+\n$/);
});

test('nothing that matches is said, and is no failure', async () => {
  const { code, out, err } = await whytrace(['export', made.path, '--wait-kind', 'sleep']);
  assert.deepEqual([code, out], [0, '']);
  assert.match(err, /^whytrace: no stacks of waits match in [^\n]+\n$/);
});

test('wrong usage: one line, exit code 2', async () => {
  for (const [args, message] of [
    [['--format', 'perfetto'], /bad value 'perfetto' for --format: it takes one of folded, pprof/],
    [['--of', 'gpu'], /calls, waits or cpu/],
    [['--of', 'cpu', '--op', 'cudaMalloc'], /bad value 'cpu' for --of/],
    [['--wait-kind', 'lok'], /did you mean 'lock'/],
  ] as const) {
    const { code, out, err } = await whytrace(['export', made.path, ...args]);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.match(err, /^whytrace: [^\n]+\n$/);
    assert.match(err, message);
  }
});
