// What the recorder may still do once everything is started, on each of its threads; what the program may that it started;
// who may read the file.
import assert from 'node:assert/strict';
import { chownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAbilities } from '../../src/capture/abilities.ts';
import { KEPT_BY_NAMER, keptByRecorder } from '../../src/capture/least-privilege.ts';
import { CAPABILITIES, isCapability } from '../../src/capture/privileges.ts';
import { signalsByNobody } from '../signals-by-nobody.ts';
import { freshFolder, here, look, startRecorder } from './recorder.ts';
import { SLOWNESS } from './slowness.ts';

const field = (status: string, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
const bits = (names: readonly string[]): bigint =>
  names.filter(isCapability).reduce((sum, name) => sum | (1n << BigInt(CAPABILITIES[name])), 0n);
const threadsOf = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/task`).map((tid) => readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8'));
const capabilities = (status: string, set = 'CapPrm'): bigint => BigInt(`0x${field(status, set)}`);

const options = {
  ...here,
  skip: here.skip !== false ? here.skip : process.geteuid?.() === 0 ? false : 'needs root: there is nothing to give up',
};

test('every thread gives up what it does not need; the program keeps all that its user has', options, async (t) => {
  const folder = freshFolder(t);
  // Not root's own: what lies beside the file can still be removed at the end.
  chownSync(folder, 1000, 1000);
  const path = join(folder, 'run.db');
  const recorder = startRecorder(t, path, ['--', 'sh', '-c', 'cat /proc/self/status; read line']);
  const recorders = bits(keptByRecorder(!readAbilities().uprobe_multi));
  const allowed = recorders | bits(KEPT_BY_NAMER);
  // A machine that is busy takes its time; the thread that names stacks may follow a little later.
  const isDone = () =>
    recorder.stdout().includes('Seccomp') &&
    threadsOf(recorder.pid).every((one) => (capabilities(one) & ~allowed) === 0n);
  for (let i = 0; i < 1500 * SLOWNESS && !isDone(); i++) await sleep(20);
  const threads = threadsOf(recorder.pid);
  const main = readFileSync(`/proc/${recorder.pid}/status`, 'utf8');
  assert.equal(capabilities(main) & ~recorders, 0n);
  assert.notEqual(capabilities(main) & bits(['CAP_BPF']), 0n);
  assert.deepEqual(
    [field(main, 'NoNewPrivs'), capabilities(main, 'CapBnd'), capabilities(main, 'CapInh')],
    ['1', 0n, 0n],
  );
  const withSome = threads.filter((status) => capabilities(status) !== 0n);
  assert.equal(withSome.length, 2, 'that reads the rings, and that names stacks');
  assert.ok(threads.length > 5);
  for (const status of threads) {
    assert.equal(capabilities(status, 'CapEff') & ~allowed, 0n);
    if (!withSome.includes(status))
      assert.match(field(status, 'Uid'), new RegExp(`^${4_000_000_000 + recorder.pid}\\b`));
  }
  assert.deepEqual(signalsByNobody(recorder.pid) ?? ['EPERM'], ['EPERM']);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(file).mode & 0o777, 0o600, file);
  const own = readFileSync('/proc/self/status', 'utf8');
  for (const name of ['Uid', 'Gid', 'CapPrm', 'CapEff', 'CapBnd', 'NoNewPrivs'])
    assert.equal(field(recorder.stdout(), name), field(own, name), `${name} of the program`);
  recorder.write('go\n');
  assert.equal((await recorder.ended).code, 0);
  assert.deepEqual(readdirSync(folder), ['run.db']);
  const [row] = look(t, path).rows("SELECT value FROM recording WHERE key = 'privileges'");
  assert.match(String(row?.value), /^CAP_BPF, CAP_PERFMON, /);
});
