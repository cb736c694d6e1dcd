import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compile, lacksCompiler, start, temporaryFolder } from './compile-for-test.ts';
import { allPids, childrenOf, containerOf, processInfo, readProcText, startTicksOf } from './process-info.ts';

test('tells of this very process', () => {
  const info = processInfo(process.pid);
  assert.ok(info);
  assert.equal(info.parentPid, process.ppid);
  assert.equal(info.exe, process.execPath);
  assert.equal(info.uid, process.getuid?.());
  assert.equal(info.comm, readFileSync('/proc/self/comm', 'utf8').trim());
  assert.ok(info.args.startsWith(process.execPath));
  assert.match(info.cgroup, /^\//);
  // The start lies before now and after boot; ticks are hundredths of a second on every Linux we support.
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  assert.ok(Math.abs(uptime - process.uptime() - info.startTicks / 100) < 1);
  assert.equal(startTicksOf(process.pid), info.startTicks);
});

test('a process that is not there is undefined', () => {
  const gone = 2 ** 22 + 1;
  assert.equal(processInfo(gone), undefined);
  assert.equal(startTicksOf(gone), undefined);
  assert.equal(readProcText(gone, 'maps'), undefined);
  assert.deepEqual(childrenOf(gone), []);
});

test('a kernel thread has no program', {
  skip: processInfo(2)?.comm === 'kthreadd' ? false : 'no kernel threads here',
}, () => {
  const info = processInfo(2);
  assert.deepEqual([info?.exe, info?.args, info?.parentPid], [undefined, '', 0]);
});

test('a name with brackets, spaces and escapes, and long arguments', { skip: lacksCompiler }, async (t) => {
  const folder = temporaryFolder(t);
  const source = `#include <stdio.h>
    #include <sys/prctl.h>
    int main(void) { prctl(PR_SET_NAME, "a) S 1 (\\x1b[1mb"); puts("up"); fflush(stdout); return getchar() == 0; }`;
  const program = compile(folder, 'odd name', source);
  const { pid, stop } = await start(t, program, ['x'.repeat(5000), 'two words', '\u202e']);
  const info = processInfo(pid);
  assert.equal(info?.comm, 'a) S 1 (b');
  assert.equal(info.parentPid, process.pid);
  assert.equal(info.exe, join(folder, 'odd name'));
  assert.ok(info.args.startsWith(program) && info.args.length < 270);
  assert.match(info.args, /…\(\+\d+\)$/);
  assert.ok(allPids().includes(pid));
  await stop();
  assert.equal(processInfo(pid), undefined);
});

test('secrets in arguments are left out, also behind characters that nobody sees, unless they are asked for', async (t) => {
  const secret = 'Tr0ub4dor3xq';
  const hidden = ['x', '--password', secret, `--to\u200bken=${secret}`, `http://me:${secret}@db.test/x`, '--epochs=3'];
  const { pid } = await start(t, 'sh', ['-c', 'echo up; read x; true', ...hidden]);
  const shown =
    'sh -c echo up; read x; true x --password [redacted] --token=[redacted] http://me:[redacted]@db.test/x --epochs=3';
  assert.equal(processInfo(pid)?.args, shown);
  assert.ok(processInfo(pid, { keepArguments: true })?.args.includes(`--password ${secret}`));
});

test('all descendants are found, nearest first', async (t) => {
  const { pid } = await start(t, 'sh', ['-c', `sh -c 'sh -c "echo up; read x; true"; true'; true`]);
  const found = childrenOf(pid);
  t.after(() => {
    for (const child of found)
      try {
        process.kill(child, 'SIGKILL');
      } catch {
        // It ended with its parent.
      }
  });
  const [child = 0, grandchild = 0] = found;
  assert.equal(found.length, 2);
  assert.equal(processInfo(child)?.parentPid, pid);
  assert.equal(processInfo(grandchild)?.parentPid, child);
  assert.ok(childrenOf(process.pid).includes(grandchild));
});

const ID = '0123456789abcdef'.repeat(4);
for (const [what, text, container] of [
  ['docker on cgroup v1', `4:memory:/docker/${ID}\n`, ID],
  ['docker on cgroup v2', `0::/system.slice/docker-${ID}.scope\n`, ID],
  ['kubernetes', `0::/kubepods.slice/kubepods-pod1_2.slice/cri-containerd-${ID}.scope\n`, ID],
  ['containerd', `0::/system.slice:cri-containerd:${ID}\n`, ID],
  ['podman', `0::/user.slice/libpod-${ID}.scope/container\n`, ID],
  ['no container', '0::/user.slice/session-3.scope\n', undefined],
  ['65 digits are something else', `0::/docker/${ID}0\n`, undefined],
] as const) {
  test(`the container in the cgroup of ${what}`, () => assert.equal(containerOf(text), container));
}
