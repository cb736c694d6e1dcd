// Who floods a subscription or a rule pays for it: events of others come through, and it is told who was held back, and how often.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveEvent } from '../../src/base/live-desk.ts';
import { startClock } from '../../src/capture/clock.ts';
import { openTap } from '../../src/capture/live/tap.ts';
import { openDesk } from '../../src/live/desk.ts';
import { here, type Owner } from './recorder.ts';
import { startWatching } from './watching.ts';

const PATIENCE_MS = 15_000;
const NOBODY = 65_534;
const ASK = 'import ctypes, os\nlibc = ctypes.CDLL(None)\n';
/** Asks for a namespace that there is not: once, without end, and each time as another process. */
const ONCE = `${ASK}libc.setns(-1, 0)`;
const FLOOD = `${ASK}while True: libc.setns(-1, 0)`;
const FORKS = `${ASK}
while True:
    pid = os.fork()
    if pid == 0:
        for i in range(100): libc.setns(-1, 0)
        os._exit(0)
    os.waitpid(pid, 0)`;

const flood = (owner: Owner, code: string, uid?: number) => {
  const child = spawn('/usr/bin/python3', ['-c', code], { stdio: 'ignore', ...(uid === undefined ? {} : { uid }) });
  owner.after(() => {
    child.kill('SIGKILL');
  });
  const { pid } = child;
  assert.ok(pid !== undefined);
  const end = async () => {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  return { pid, end };
};

const until = async (holds: () => boolean) => {
  for (const end = performance.now() + PATIENCE_MS; !holds() && performance.now() < end; ) await sleep(10);
  assert.ok(holds());
};

/** Three processes that do it once, each at another second; how many of them were heard of. */
const single = async (events: readonly Omit<LiveEvent, 'seq'>[]) => {
  const pids: number[] = [];
  for (let i = 0; i < 3; i++) {
    pids.push(spawnSync('/usr/bin/python3', ['-c', ONCE]).pid);
    await sleep(400);
  }
  return pids.filter((one) => events.some(({ pid }) => pid === one)).length;
};

for (const [name, code, uid] of [
  ['a process', FLOOD, undefined],
  ['a user with ever new processes', FORKS, NOBODY],
] as const)
  test(`a flood by ${name} hides no single event of another; who was held back is counted`, here, async (t) => {
    const tap = openTap(startClock());
    t.after(tap.stop);
    const events: Omit<LiveEvent, 'seq'>[] = [];
    const options = { sample: 1, rate: 100, wake: false };
    const { counts, limitedBy } = tap.subscribe('syscalls:sys_enter_setns', options, (event) => events.push(event));
    const { pid, end } = flood(t, code, uid);
    await until(() => counts().limited > 1000);
    // One in a thousand shares its place with who floods, by chance.
    assert.ok((await single(events)) >= 2, 'single events of others');
    await end();
    tap.drain();
    const { matched, sent, limited, lost } = counts();
    assert.equal(sent + limited + lost, matched);
    assert.equal(events.length, sent);
    const held = limitedBy();
    const sum = held.reduce((all, { count }) => all + count, 0);
    assert.ok(sum <= limited, `${sum} of ${limited}`);
    if (uid === undefined) {
      const own = held.find((one) => one.pid === pid);
      assert.equal(own?.uid, process.getuid?.());
      assert.ok(
        own !== undefined && own.count >= limited - 1,
        `${own?.count} of ${limited} are of the one that floods`,
      );
    } else assert.ok(held.some((one) => one.uid === uid && one.count > 0));
  });

test('who floods a guarded file is named, and another who opens it once is told', here, async (t) => {
  const { alerts, unseen } = startWatching(t);
  const { pid } = flood(t, 'while True: open("/etc/shadow").close()');
  const told = () => alerts.find(({ rule, process: who }) => rule === 'watch_flooded' && who?.pid === pid);
  await until(() => told() !== undefined);
  assert.equal(told()?.facts.flooded_rule, 'programs and files');
  assert.ok(Number(told()?.facts.unseen_of_process) > 0);
  assert.ok((unseen().get('programs and files') ?? 0) > 0);
  const other = () =>
    alerts.some(({ rule, process: who }) => rule === 'sensitive_file' && who?.exe?.endsWith('/head') === true);
  for (let i = 0; i < 3 && !other(); i++) {
    spawnSync('head', ['-c', '1', '/etc/shadow']);
    await sleep(300);
  }
  assert.ok(other(), alerts.map(({ rule, process: who }) => `${rule} ${who?.exe}`).join(', '));
});

test('a process that floods a subscription does not end it', here, async (t) => {
  const desk = openDesk(startClock());
  t.after(desk.stop);
  const { id } = await desk.subscribe({ expression: 'syscalls:sys_enter_setns' });
  flood(t, FLOOD);
  const limited = async () => (await desk.facts(id)).counts.limited;
  for (const end = performance.now() + PATIENCE_MS; (await limited()) < 60_000 && performance.now() < end; )
    await sleep(50);
  // Until it has been looked at since.
  await sleep(1200);
  const { ended, counts } = await desk.facts(id);
  assert.ok(counts.limited >= 60_000, String(counts.limited));
  assert.equal(ended, undefined);
});
