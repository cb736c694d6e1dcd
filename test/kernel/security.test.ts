// The security watch: each suspicious thing raises its alert, with who did it, at every one of some runs; a file that few should
// open is known by what it is, also through a link; what is allowed is not told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../../src/base/alert.ts';
import { parseAllowList } from '../../src/live/alerts/allow-list.ts';
import { PLACES, type Place } from '../../src/live/security/places.ts';
import { freshFolder, here, type Owner } from './recorder.ts';
import { SLOWNESS } from './slowness.ts';
import { actorOf, isOf, RUNS, startWatching } from './watching.ts';

const PATIENCE_MS = 3000 * SLOWNESS;
/** Both watches together are those of watches-end.test.ts and quiet.test.ts. */
const security = { only: ['security'] } as const;

/** Acts that are not called like their rule, or whose severity says something. */
const SPECIAL: Readonly<Record<string, Partial<Pick<Alert, 'rule' | 'severity' | 'technique'>>>> = {
  ptrace_attach: { severity: 'high' },
  ptrace_own_child: { rule: 'ptrace_attach', severity: 'low' },
  persistence: { technique: 'T1053.003' },
  history_wiped: { technique: 'T1070.003' },
  sensitive_file: { severity: 'medium', technique: 'T1003.008' },
};

/** A folder with a log, a history, schedules and files of ours, guarded as those of the system are. */
const sandbox = (owner: Owner) => {
  const folder = realpathSync(freshFolder(owner));
  for (const name of ['log', 'home', 'cron.d', 'own']) mkdirSync(join(folder, name));
  const like = (path: string, as: Place['as'], inside: string): Place => {
    const place = PLACES.find((one) => one.path === path && one.as === as);
    assert.ok(place !== undefined, path);
    return { ...place, path: `${folder}/${inside}` };
  };
  const places = [
    ...PLACES,
    like('/var/log/**', 'log', 'log/**'),
    like('~/', 'log', 'home/'),
    like('/etc/cron.d/', 'start', 'cron.d/'),
  ];
  return { folder, places, own: [`${folder}/own`] };
};

// Several runs take several times as long.
const patient = { ...here, timeout: here.timeout * (1 + RUNS) };

test('each suspicious thing raises its alert, with who did it', patient, async (t) => {
  const ignored = () => {};
  process.on('SIGTERM', ignored);
  t.after(() => process.removeListener('SIGTERM', ignored));
  for (let run = 0; run < RUNS; run++) {
    const { folder, places, own } = sandbox(t);
    const { alerts, notWatched, stop } = startWatching(t, { ...security, places, own });
    // What this kernel has besides system calls; all rules are in place.
    assert.deepEqual(
      notWatched.filter((line) => !/: (32-bit system calls|io_uring|skb:kfree_skb: reasons)/.test(line)),
      [],
    );
    const actor = await actorOf(t, 'suspicious.py', [folder]);
    for (const name of actor.names) {
      await actor.act(name);
      const { rule = name, severity, technique } = SPECIAL[name] ?? {};
      const found = () =>
        alerts.find(
          (alert) =>
            alert.rule === rule && isOf(actor.pid)(alert) && (severity === undefined || alert.severity === severity),
        );
      for (const end = performance.now() + PATIENCE_MS; found() === undefined && performance.now() < end; )
        await sleep(5);
      const alert = found();
      const seen = alerts.filter(isOf(actor.pid)).map((one) => `${one.rule} ${one.severity}`);
      assert.ok(alert !== undefined, `${name}: no alert in run ${run + 1}; there are: ${seen.join(', ')}`);
      assert.match(alert.technique ?? '', /^T\d{4}/);
      if (technique !== undefined) assert.equal(alert.technique, technique, name);
      assert.ok(alert.process?.exe !== undefined, `${name}: its program is known`);
    }
    const secret = alerts.find(({ rule, process }) => rule === 'sensitive_file' && process?.pid === actor.pid);
    assert.equal(secret?.facts.file, '/etc/shadow', 'the link is seen through');
    assert.equal(
      alerts.find(({ rule }) => rule === 'persistence')?.facts.file,
      `${folder}/cron.d/again`,
      'also what was written elsewhere and put there',
    );
    await actor.end();
    await stop();
  }
});

test('guarded folders', here, async (t) => {
  const { folder, places, own } = sandbox(t);
  const secret = `${folder}/home/secret`;
  writeFileSync(secret, 'x');
  const place: Place = { path: secret, as: 'secret', technique: 'T1552.004', what: 'a private key' };
  const { alerts } = startWatching(t, { ...security, places: [...places, place], own });

  await t.test('one is known however its path is written, and a secret by whatever name', async () => {
    const script = `
import os, sys
folder = sys.argv[1]
os.symlink("/nowhere", folder + "/cron.d/link")
os.mkfifo("/" + folder + "//cron.d/./pipe")
os.link(folder + "/home/secret", "/proc/self/root" + folder + "/cron.d/same")
os.link(folder + "/home/secret", folder + "/log/zz")
os.mkfifo("/" + folder + "//home/./harmless")
os.chdir(folder)
os.mkfifo("cron.d/relative")
above = os.open(folder + "/..", os.O_RDONLY)
os.symlink("/nowhere", os.path.basename(folder) + "/cron.d/by-folder", dir_fd=above)
os.chdir(folder + "/log")
os.mkfifo("../cron.d/up")
os.link(folder + "/home/secret", "./.././home/../cron.d/round")
os.mkdir("../home/also-harmless")
open(folder + "/log/zz").close()
`;
    execFileSync('python3', ['-c', script, folder]);
    const told = (rule: string) =>
      alerts.filter((alert) => alert.rule === rule && String(alert.facts.file).startsWith(folder));
    const isThere = () => told('sensitive_file').length > 0 && told('persistence').length > 6;
    for (const end = performance.now() + PATIENCE_MS; !isThere() && performance.now() < end; ) await sleep(5);
    await sleep(100);
    assert.deepEqual(
      told('sensitive_file').map(({ facts }) => [facts.file, facts.is_also]),
      [[`${folder}/log/zz`, secret]],
    );
    assert.deepEqual(
      told('persistence').map(({ facts }) => facts.file),
      ['link', 'pipe', 'same', 'relative', 'by-folder', 'up', 'round'].map((name) => `${folder}/cron.d/${name}`),
      'and none of the folder in which nothing starts',
    );
  });

  await t.test('what is new in a folder of logs, and what is only added, is no wipe', async (t) => {
    const actor = await actorOf(t, 'suspicious.py', [folder]);
    await actor.act('log_grows');
    await actor.act('log_wiped');
    const wipes = () => alerts.filter((alert) => alert.rule === 'log_wiped' && isOf(actor.pid)(alert));
    for (const end = performance.now() + PATIENCE_MS; wipes().length === 0 && performance.now() < end; ) await sleep(5);
    assert.deepEqual(
      wipes().map(({ facts }) => facts.file),
      [`${folder}/log/auth.log`],
    );
    // Our own process is not watched.
    writeFileSync(join(folder, 'own', 'run.db'), '');
    await sleep(100);
    assert.ok(alerts.every(({ rule, process: who }) => rule !== 'recorder_files' || who?.pid !== process.pid));
  });
});

test('what the owner of the machine allows is not told, and nothing else is hidden by it', here, async (t) => {
  const actor = await actorOf(t, 'suspicious.py');
  const exe = realpathSync(`/proc/${actor.pid}/exe`);
  const allowed = parseAllowList(`raw_socket ${exe}\nuserfaultfd ${process.execPath}`);
  const { alerts } = startWatching(t, { ...security, allowed });
  for (const name of ['raw_socket', 'userfaultfd']) await actor.act(name);
  const rules = () => alerts.filter(isOf(actor.pid)).map(({ rule }) => rule);
  for (const end = performance.now() + PATIENCE_MS; !rules().includes('userfaultfd') && performance.now() < end; )
    await sleep(5);
  await sleep(100);
  assert.ok(!rules().includes('raw_socket'), 'allowed by its program');
  assert.ok(rules().includes('userfaultfd'), 'another program is allowed that');
});
