// Subscriptions to the running kernel: each kind of field and test, exact counts, limits, and many at once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveEvent } from '../../src/base/live-desk.ts';
import { startClock } from '../../src/capture/clock.ts';
import { openTap } from '../../src/capture/live/tap.ts';
import { openDesk } from '../../src/live/desk.ts';
import { freshFolder, here, WHYTRACE } from './recorder.ts';
import { SLOWNESS } from './slowness.ts';

const ALL = { sample: 1, rate: 5000, wake: false };
const python = (code: string) => spawnSync('/usr/bin/python3', ['-c', code], { encoding: 'utf8' });

/** What one subscription delivers while something is done. */
const during = async (expression: string, act: () => unknown, options = ALL) => {
  const tap = openTap(startClock());
  const events: Omit<LiveEvent, 'seq'>[] = [];
  try {
    const tapped = tap.subscribe(expression, options, (event) => events.push(event));
    await act();
    tap.drain();
    return { events, counts: tapped.counts() };
  } finally {
    await tap.stop();
  }
};

test('each kind of field and of test', here, async (t) => {
  const folder = freshFolder(t);
  const file = join(folder, 'a-file-with-a-name');
  const open = () => python(`open(${JSON.stringify(file)}, 'w')`);
  const opened = async (condition: string) =>
    (await during(`syscalls:sys_enter_openat where ${condition}`, open)).events.filter(
      ({ values }) => values.filename === file,
    ).length;
  const cases: readonly (readonly [condition: string, count: number])[] = [
    [`filename == "${file}"`, 1],
    [`filename == "${file}x"`, 0],
    [`filename ~ "${folder}/*"`, 1],
    [`filename ~ "*with*name"`, 1],
    [`filename != "${file}"`, 0],
    [`filename ~ "${folder}/*" and current.comm == "python3"`, 1],
    [`filename ~ "${folder}/*" and current.comm == "python"`, 0],
    [`filename ~ "${folder}/*" and dfd == -100`, 1],
    [`filename ~ "${folder}/*" and dfd < -100`, 0],
    [`filename ~ "${folder}/*" and flags & 0x40`, 1],
    [`filename ~ "${folder}/*" and flags & 0x2`, 0],
    [`filename ~ "${folder}/*" and current.uid == 0 and current.pid > 1 and cpu >= 0`, 1],
    [`filename ~ "${folder}/*" and (dfd == 5 or dfd == -100)`, 1],
    [`filename ~ "${folder}/*" and (dfd == 5 or dfd == 100)`, 0],
    [`filename ~ "${folder}/*" and (dfd == 5 or flags & 0x40)`, 1],
    [`filename == "${'x'.repeat(60)}" or filename ~ "${folder}/?-file*"`, 1],
  ];
  for (const [condition, count] of cases) assert.equal(await opened(condition), count, condition);
});

test('texts elsewhere in the record, names of values, addresses of the internet', here, async () => {
  const execs = await during('sched:sched_process_exec where filename == "/usr/bin/true"', () => {
    spawnSync('/usr/bin/true');
    spawnSync('/usr/bin/false');
  });
  assert.deepEqual(
    execs.events.map(({ comm, values }) => [comm, values.filename]),
    [['true', '/usr/bin/true']],
  );
  const { events } = await during('sock:inet_sock_set_state where newstate == tcp_syn_sent', () =>
    python('import socket\ntry: socket.create_connection(("127.0.0.1", 9))\nexcept OSError: pass'),
  );
  const [connect] = events.filter(({ comm }) => comm === 'python3');
  assert.equal(connect?.values.newstate, 'TCP_SYN_SENT');
  assert.equal(connect?.values.daddr, '127.0.0.1');
  assert.ok(!('skaddr' in (connect?.values ?? {})), 'addresses of the kernel stay there');
});

test('what programs write, and addresses of the kernel, are delivered to nobody', here, async () => {
  const secret = 'what-one-program-says-to-another';
  const said = JSON.stringify(secret);
  const { events } = await during('syscalls:sys_enter_write where count == 32 and current.comm == "python3"', () =>
    python(`import os\nos.write(1, ${said}.encode())`),
  );
  assert.deepEqual(
    events.map(({ values }) => [values.count, 'buf' in values, JSON.stringify(values).includes(secret)]),
    [[32, false, false]],
  );
  const allocated = await during('kmem:kmalloc where current.comm == "python3"', () => python('open("/dev/null")'));
  const [first] = allocated.events;
  assert.ok(first !== undefined && Number(first.values.bytes_req) > 0, JSON.stringify(first));
  assert.ok(!('call_site' in first.values) && !('ptr' in first.values), JSON.stringify(first));
  await assert.rejects(
    during('kmem:kmalloc where call_site > 0xffffffff81000000', () => {}),
    /an address of the kernel/,
  );
});

test('counts are exact: seen, matched, sampled, limited', here, async () => {
  const CALLS = 20_000;
  const code = `import os\nfor i in range(${CALLS}): os.getppid()`;
  const mine = 'syscalls:sys_enter_getppid where current.comm == "python3"';
  const counted = await during(mine, () => python(code), { ...ALL, rate: 0 });
  assert.equal(counted.counts.matched, CALLS);
  assert.equal(counted.events.length, 0);
  const limited = await during(mine, () => python(code), { ...ALL, rate: 100 });
  assert.equal(limited.counts.matched, CALLS);
  assert.equal(limited.counts.sent + limited.counts.limited + limited.counts.lost, CALLS);
  assert.equal(limited.events.length, limited.counts.sent);
  assert.ok(limited.counts.sent >= 85 && limited.counts.sent <= 400, `${limited.counts.sent} of 100 a second`);
  const sampled = await during(mine, () => python(code), { ...ALL, sample: 100 });
  assert.equal(sampled.counts.sampled_out + sampled.counts.sent, CALLS);
  assert.ok(sampled.counts.sent > 100 && sampled.counts.sent < 320, `${sampled.counts.sent} are about 1 in 100`);
});

test('32 subscriptions at once, and not one more; what is wrong is told', here, async () => {
  const desk = openDesk(startClock());
  try {
    // At once: each has its place before it has been tried out.
    const tries = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) =>
        desk.subscribe({ expression: `syscalls:sys_enter_chdir where current.pid > ${i}` }),
      ),
    );
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 32);
    python('import os\nos.chdir("/")');
    for (const { id } of await desk.list()) {
      const { events } = await desk.watch({ id, count: 1000, waitMs: 0 });
      assert.ok(events.some(({ comm }) => comm === 'python3'));
    }
    await assert.rejects(desk.subscribe({ expression: 'syscalls:sys_enter_chdir' }), /32 are going on/);
    await desk.unsubscribe('s1');
    await assert.rejects(desk.subscribe({ expression: 'sched:sched_switch' }), /needs a condition/);
    await desk.subscribe({ expression: 'syscalls:sys_enter_chdir' });
    await assert.rejects(desk.watch({ id: 'zz', count: 1, waitMs: 0 }), /no subscription zz/);
    await assert.rejects(desk.watch({ id: 's2', cursor: 'x.s2.1', count: 1, waitMs: 0 }), /not one of this/);
  } finally {
    await desk.stop();
  }
});

test('a late reader is told of the gap; a reader that waits gets the event soon', here, async () => {
  const desk = openDesk(startClock());
  try {
    const { id } = await desk.subscribe({
      expression: 'syscalls:sys_enter_getppid where comm == "python3"',
      rate: 5000,
    });
    const waiting = desk.watch({ id, count: 1, waitMs: 10_000 });
    python('import os\nos.getppid()');
    const first = await waiting;
    assert.equal(first.events.length, 1);
    for (let i = 0; i < 3; i++) {
      python('import os\nfor i in range(4900): os.getppid()');
      await sleep(1100);
    }
    const next = await desk.watch({ id, cursor: first.cursor, count: 5, waitMs: 0 });
    const { counts } = await desk.facts(id);
    assert.equal(next.gap, counts.sent - 1 - 10_000);
    assert.equal(next.events[0]?.seq, 1 + next.gap + 1);
    assert.equal(next.more, 10_000 - 5);
  } finally {
    await desk.stop();
  }
});

test(
  'a reader waits for a match or an alert; of a flood it gets counts; what proves an alert can be read',
  here,
  async (t) => {
    const secret = join(freshFolder(t), 'key');
    const desk = openDesk(startClock(), { only: ['security'] });
    try {
      const expression = 'syscalls:sys_enter_chdir where current.comm == "python3"';
      const { id } = await desk.subscribe({ expression, rate: 5000 });
      const waiting = desk.watch({ id, count: 5000, match: 'filename ~ "/usr/l*"', waitMs: 10_000 });
      python('import os\nfor d in ("/", "/usr", "/usr/lib", "/tmp"): os.chdir(d)');
      const matched = await waiting;
      assert.deepEqual([matched.stopped, matched.match?.values.filename], ['match', '/usr/lib']);
      assert.deepEqual(
        matched.events.map(({ values }) => values.filename),
        ['/', '/usr', '/usr/lib'],
      );
      await assert.rejects(desk.watch({ id, count: 1, match: 'filenam == "x"', waitMs: 0 }), /did you mean filename/);
      python('import os\nfor i in range(1000): os.chdir("/usr" if i % 2 else "/")');
      const room = { characters: 2000, rows: 100 };
      const counted = await desk.watch({
        ...{ id, cursor: matched.cursor, count: 1000, waitMs: 5000 },
        room,
        collapse: { over: 3 },
      });
      const { columns, rows, events, other } = counted.collapsed ?? assert.fail('events and no counts');
      assert.ok(columns.includes('filename') && rows.length >= 2, JSON.stringify(counted));
      assert.deepEqual([events, other.events, counted.more], [1001, 0, 0], 'all of them and the one after the match');
      const times = rows.map((row) => Number(row[columns.indexOf('times')]));
      assert.equal(
        times.reduce((sum, one) => sum + one, 0),
        1001,
      );

      const alarm = desk.watch({ id, cursor: counted.cursor, count: 1, severity: 'medium', waitMs: 20_000 });
      spawnSync('/bin/sh', ['-c', `cp /bin/true ${secret} && chmod 755 ${secret} && ${secret}`]);
      const alerted = await alarm;
      assert.equal(alerted.stopped, 'severity');
      assert.ok((alerted.alerts?.length ?? 0) > 0, JSON.stringify(alerted));
      const { alerts } = await desk.alerts({ after: 0, least: 'medium', waitMs: 0 });
      const alert = alerts.find(({ process }) => process?.exe === secret);
      assert.ok(alert !== undefined, JSON.stringify(alerts));
      const proof = await desk.proof(alert.id);
      assert.deepEqual(
        proof.events.map(({ row, event, pid }) => [row, event, pid]),
        alert.evidence.map((row) => [row, 'sched:sched_process_exec', alert.process?.pid]),
      );
      assert.deepEqual([proof.gone, alert.evidence.length], [0, 1]);
    } finally {
      await desk.stop();
    }
  },
);

test('the command: lines as they come, JSON, and an end by count or time', here, (t) => {
  const folder = freshFolder(t);
  const out = openSync(join(folder, 'out'), 'w');
  const run = (args: readonly string[], code: string) =>
    spawnSync(
      '/bin/sh',
      [
        '-c',
        `(sleep 0.8; while kill -0 $$; do /usr/bin/python3 -c '${code}'; sleep 0.2; done) 2>/dev/null & exec ${WHYTRACE} watch "$@"`,
        'sh',
        ...args,
      ],
      { stdio: ['ignore', out, 'pipe'], encoding: 'utf8', timeout: 20_000 * SLOWNESS },
    );
  const { status, stderr } = run(
    ['syscalls:sys_enter_chdir where filename == "/usr"', '--line', '-n', '2'],
    'import os; os.chdir("/usr")',
  );
  assert.equal(status, 0, stderr);
  const lines = readFileSync(join(folder, 'out'), 'utf8').trim().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d\.\d{3} python3 \(\d+\) syscalls:sys_enter_chdir filename=\/usr$/);
});

test('the command ends with what was waited for, and says when it did not come', here, (t) => {
  const folder = freshFolder(t);
  const out = openSync(join(folder, 'out'), 'w');
  const run = (args: readonly string[]) =>
    spawnSync(
      '/bin/sh',
      [
        '-c',
        `(sleep 0.8; while kill -0 $$; do /usr/bin/python3 -c 'import os
for i in range(40): os.chdir("/usr/lib" if i > 30 else "/usr" if i % 2 else "/")'; sleep 0.2; done) 2>/dev/null & exec ${WHYTRACE} watch 'syscalls:sys_enter_chdir where comm == "python3"' --line "$@"`,
        'sh',
        ...args,
      ],
      { stdio: ['ignore', out, 'pipe'], encoding: 'utf8', timeout: 20_000 * SLOWNESS },
    );
  const found = run(['--until', 'filename ~ "/usr/*"', '--most-lines', '5', '-d', '10s']);
  assert.equal(found.status, 0, found.stderr);
  const lines = readFileSync(join(folder, 'out'), 'utf8').trim().split('\n');
  assert.match(lines.at(-1) ?? '', /filename=\/usr\/lib$/);
  assert.ok(
    lines.some((line) => /\d+ times syscalls:sys_enter_chdir .*comm=python3 .*filename=\//.test(line)),
    lines.join('\n'),
  );
  assert.ok(lines.length < 20, lines.join('\n'));
  const never = run(['--until', 'filename == "/never"', '-d', '1s']);
  assert.deepEqual([never.status, /did not come/.test(never.stderr)], [1, true], never.stderr);
});
