// The control socket from both ends: all that a desk offers comes through, each caller has its own, and what does not belong there
// is refused in words, on record, and without harm to others.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import type { LiveDesk } from '../../base/live-desk.ts';
import { openAuditForReading } from '../../store/audit/audit-file.ts';
import { createAuditSink } from '../audit/audit-sink.ts';
import { createAudit } from '../audit/audit-watch.ts';
import { peerPolicy } from '../identity/peer.ts';
import { at, lineClient } from '../transport/serving-for-test.ts';
import { deskForTest } from './desk-for-test.ts';
import { shareDesk } from './own-desk.ts';
import { openRemoteDesk } from './remote-desk.ts';
import { controlScopes, serveDesk } from './serve-desk.ts';
import { shareLive } from './share-live.ts';

const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), 'whytrace-control-'));
chmodSync(folder, 0o755);
const auditPath = join(folder, 'audit', 'audit.db');
const sink = createAuditSink({ path: auditPath, keyFolder: join(folder, 'audit'), report: () => {} });
const noRecording = () => {
  throw new Error('none');
};
const audit = createAudit({ sink, path: noRecording });
const faults: Error[] = [];
after(() => {
  sink.close();
  rmSync(folder, { recursive: true });
});

let sockets = 0;
const serving = async (desk: LiveDesk, path = join(folder, `${++sockets}.sock`)) => {
  const policy = peerPolicy([], [], controlScopes);
  const report = (error: Error) => faults.push(error);
  const { close } = await serveDesk({ path, policy, desk, version: '1', audit, report });
  return { path, close };
};
/** A desk at a socket and the other end of it, while `use` runs. */
const during = async (
  use: (parts: ReturnType<typeof deskForTest> & { path: string; remote: LiveDesk }) => Promise<void>,
): Promise<void> => {
  const made = deskForTest();
  const { path, close } = await serving(made.desk);
  const remote = openRemoteDesk(path);
  try {
    await use({ ...made, path, remote });
  } finally {
    await remote.stop();
    await close();
  }
};
const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
  } catch (thrown) {
    assert.ok(thrown instanceof UserError, String(thrown));
    return thrown.parts.code;
  }
  return 'answered';
};
const soon = async (what: string, holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !holds(); i++)
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  assert.ok(holds(), what);
};

test('all that a desk offers comes through, however much it is', async () => {
  await during(async ({ remote, push, raise, desk }) => {
    const facts = await remote.subscribe({ expression: 'sched:sched_process_exec', sample: 2, ttlSeconds: 60 });
    assert.deepEqual(facts, await desk.facts('s1'));
    assert.deepEqual(await remote.list(), [facts]);
    push('s1', 1700);
    const read = await remote.watch({ id: 's1', count: 1600, waitMs: 1000 });
    assert.deepEqual([read.events.length, read.more, read.gap, read.cursor], [1600, 100, 0, 'e.s1.1600']);
    assert.deepEqual(
      read.events.map(({ seq }) => seq),
      Array.from({ length: 1600 }, (_, i) => i + 1),
    );
    const rest = await remote.watch({ id: 's1', cursor: read.cursor, count: 500, waitMs: 0 });
    assert.deepEqual(rest.events.length, 100);
    for (let i = 0; i < 450; i++) raise();
    const { alerts, ...others } = await remote.alerts({ after: 20, least: 'info', waitMs: 0 });
    assert.deepEqual([alerts.length, alerts[0]?.id, alerts.at(-1)?.id], [430, 21, 450]);
    assert.deepEqual(alerts, (await desk.alerts({ after: 20, least: 'info', waitMs: 0 })).alerts);
    assert.deepEqual(others, {
      ...{ held_back: { noisy: 3 }, not_watched: ['dns: none'], last_id: 450 },
      ...{ gap: 2, unseen: { loud: 9 }, now: 7e9, since: 1e9 },
    });
    await remote.startWatches();
    assert.deepEqual(await remote.networkCounters(), { tcp_segments_sent: 7 });
    assert.deepEqual(await remote.events(), ['sched:sched_process_exec', 'cuda:cudaMalloc']);
    const { mark } = await remote.news({ waitMs: 0 });
    const news = remote.news({ mark, waitMs: 10_000 });
    raise();
    assert.deepEqual((await news).alerts, [451]);
    assert.equal((await remote.unsubscribe('s1')).ended, 'it was ended');
    assert.equal(await codeOf(remote.facts('s9')), 'no_such_subscription');
  });
});

test('a match, an alert and counts come through as well; so do the events that prove an alert', async () => {
  await during(async ({ remote, desk, push, raise, waits }) => {
    await remote.subscribe({ expression: 'a:b' });
    push('s1', 1200);
    const matched = await remote.watch({ id: 's1', count: 2000, waitMs: 0, match: 'path == "/tmp/700"' });
    assert.deepEqual(
      [matched.stopped, matched.match?.seq, matched.events.length, matched.cursor, matched.more],
      ['match', 700, 700, 'e.s1.700', 500],
    );
    const request = { id: 's1', count: 1, waitMs: 0, room: { characters: 500, rows: 100 }, collapse: { over: 3 } };
    const counted = await remote.watch(request);
    assert.deepEqual([counted.events, counted.collapsed?.events], [[], 1200]);
    assert.deepEqual(counted.collapsed, (await desk.watch(request)).collapsed);
    const waiting = remote.watch({ id: 's1', cursor: 'e.s1.1200', count: 1, severity: 'low', waitMs: 10_000 });
    await soon('it waits', () => waits.size === 1);
    raise();
    const told = await waiting;
    assert.deepEqual([told.stopped, told.alerts?.map(({ id }) => id), told.cursor], ['severity', [1], 'e.s1.1200.1']);
    const { events, gone } = await remote.proof(1);
    assert.deepEqual([events.map(({ row, event, uid }) => [row, event, uid]), gone], [[['live:1', 'a:b', null]], 1]);
    assert.deepEqual(await remote.proof(7), { events: [], gone: 0 });
  });
});

test('every question is on record; a subscription before it begins', async () => {
  await during(async ({ remote }) => {
    await remote.subscribe({ expression: 'tcp:tcp_probe where x == 1' });
    await codeOf(remote.facts('s7'));
  });
  const database = openAuditForReading(auditPath);
  const query =
    "SELECT kind, method, outcome, error_code, arguments FROM audit WHERE kind <> 'alert' ORDER BY id DESC LIMIT 3";
  const rows = database.prepare(query).all();
  database.close();
  const told = rows.map(({ method, kind, outcome, error_code }) => [method, kind, outcome, error_code]);
  assert.deepEqual(told, [
    ['desk/facts', 'call', 'error', 'no_such_subscription'],
    ['desk/subscribe', 'call', 'ok', null],
    ['desk/subscribe', 'begin', null, null],
  ]);
  assert.match(String(rows[1]?.arguments), /tcp_probe where x == 1/);
});

test('what is no question is refused in words, and the next one is answered', async () => {
  await during(async ({ path, remote }) => {
    const client = lineClient(path);
    const codes: unknown[] = [];
    for (const message of [
      { id: 1, method: 'desk/rm' },
      { id: 2, method: 'tools/list' },
      { id: 3, method: 'desk/watch', params: { id: 's1', count: 1, waitMs: 0, more: true } },
      { id: 4, method: 'desk/watch', params: { id: 's1', count: -1, waitMs: 0 } },
      { id: 5, method: 'desk/subscribe', params: { expression: 7 } },
      { id: 7, method: 'desk/facts', params: { id: 'x'.repeat(30) } },
      { id: 8, method: 'desk/facts', params: { __proto__: null, id: '__proto__' } },
    ]) {
      const answer = await client.ask(message);
      assert.equal(at(answer, 'id'), message.id);
      codes.push(at(answer, 'error', 'data', 'code'));
    }
    assert.deepEqual(codes, [...Array(6).fill('bad_question'), 'no_such_subscription']);
    for (const junk of [
      '{',
      '[]',
      'null',
      '{"jsonrpc":"2.0","id":{},"method":"desk/list"}',
      '{"jsonrpc":"2.0","id":6,"method":"desk/subscribe","params":[]}',
      `${'['.repeat(40)}${']'.repeat(40)}`,
    ]) {
      client.raw(`${junk}\n`);
      const answer = await client.next();
      assert.ok(at(answer, 'error'), `${junk}: ${JSON.stringify(answer)}`);
    }
    assert.deepEqual(at(await client.ask({ id: 9, method: 'desk/list' }), 'result'), { subscriptions: [] });
    client.raw('x'.repeat(20_000));
    assert.equal(at(await client.next(), 'error', 'data', 'code'), 'message_too_long');
    await client.ended;
    assert.deepEqual(await remote.list(), [], 'another caller’s connection goes on');
    assert.deepEqual(faults, []);
  });
});

test('a wait that is cancelled, or whose caller is gone, ends', async () => {
  await during(async ({ remote, waits, path }) => {
    await remote.subscribe({ expression: 'a:b' });
    const stop = new AbortController();
    const waiting = remote.watch({ id: 's1', count: 1, waitMs: 60_000, signal: stop.signal });
    await soon('it waits', () => waits.size === 1);
    stop.abort();
    assert.deepEqual((await waiting).events, []);
    const client = lineClient(path);
    client.send({ id: 1, method: 'desk/watch', params: { id: 's1', count: 1, waitMs: 60_000 } });
    await soon('it waits', () => waits.size === 1);
    client.socket.destroy();
    await soon('nobody waits', () => waits.size === 0);
  });
});

test('whoever watches may end and be started anew', async () => {
  const first = deskForTest();
  const { path, close } = await serving(first.desk);
  const remote = openRemoteDesk(path);
  await remote.subscribe({ expression: 'a:b' });
  const asked = codeOf(remote.watch({ id: 's1', count: 1, waitMs: 60_000 }));
  await soon('it waits', () => first.waits.size === 1);
  await close();
  assert.equal(await asked, 'watcher_gone');
  assert.equal(await codeOf(remote.list()), 'no_watcher');
  const again = await serving(deskForTest().desk, path);
  assert.deepEqual(await remote.list(), []);
  assert.deepEqual(await Promise.all([remote.list(), remote.list(), remote.events()]).then((all) => all.length), 3);
  await again.close();
  await remote.stop();
});

test('one that speaks another version, or no language of ours, is named', async () => {
  for (const [answer, code] of [
    ['{"jsonrpc":"2.0","id":1,"result":{"version":99,"program":"9"}}', 'watcher_version'],
    ['{"jsonrpc":"2.0","id":1,"result":"hello"}', 'watcher_version'],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}', 'watcher_version'],
    ['HTTP/1.1 400 Bad Request', 'watcher_gone'],
  ] as const) {
    const path = join(folder, `${++sockets}.sock`);
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`${answer}\n`);
    }).listen(path);
    await once(server, 'listening');
    assert.equal(await codeOf(openRemoteDesk(path).list()), code, answer);
    server.close();
  }
});

test('callers together leave room for the owner, and see no secrets of others', async () => {
  const { desk, push } = deskForTest();
  const share = shareDesk(desk);
  const codes = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      codeOf(share({ id: `uid:${i % 5}`, owns: false }).subscribe({ expression: 'a:b' })),
    ),
  );
  assert.equal(codes.filter((code) => code === 'answered').length, 24);
  assert.ok(codes.includes('too_many_subscriptions_of_all'));
  const owner = share({ id: 'uid:9', owns: true });
  assert.equal(await codeOf(owner.subscribe({ expression: 'a:b' })), 'answered');
  push('s1', 1, '/run?password=hunter2');
  const first = { id: 's1', count: 1, waitMs: 1000 };
  const shown = async (one: LiveDesk) => (await one.watch(first)).events.map(({ values }) => values.path);
  assert.deepEqual(await shown(share({ id: 'uid:0', owns: false })), ['/run?password=[redacted]']);
  assert.deepEqual(await shown(owner), ['/run?password=hunter2']);
  const counted = { ...first, room: { characters: 500, rows: 9 }, collapse: { over: 0, by: ['path'] } };
  const rowsOf = async (one: LiveDesk) => (await one.watch(counted)).collapsed?.rows.map(([path]) => path);
  assert.deepEqual(await rowsOf(share({ id: 'uid:0', owns: false })), ['/run?password=[redacted]']);
});

test('a folder that keeps out whom the options let in is named', async () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const told: string[] = [];
  const start = async (uids: readonly number[]) => {
    const options = {
      path: join(closed, 'live.sock'),
      policy: peerPolicy(uids, [], controlScopes),
      version: '1',
      audit,
    };
    const { desk } = deskForTest();
    await (await serveDesk({ ...options, desk, report: (error) => told.push(error.message) })).close();
  };
  await start([]);
  assert.deepEqual(told, []);
  await start([4242]);
  assert.match(told.join(), /may not get to the socket in .*closed/);
  assert.equal(statSync(closed).mode & 0o777, 0o700);
});

test('callers of one server share a desk, each its own part of it', async () => {
  const { desk } = deskForTest();
  const liveOf = shareLive(async () => desk);
  const ann = await liveOf({ id: 'token:ann' })();
  const bob = await liveOf({ id: 'token:bob' })();
  await ann.subscribe({ expression: 'a:b' });
  assert.deepEqual([(await ann.list()).length, (await bob.list()).length], [1, 0]);
  const again = await liveOf({ id: 'token:ann' })();
  assert.equal((await again.facts('s1')).id, 's1');
  await assert.rejects(bob.unsubscribe('s1'), /no subscription s1/);
  assert.equal((await (await liveOf({ id: 'uid:0', uid: 0 })()).list()).length, 1);
});

test('each caller has its own subscriptions, and not all of them', async () => {
  const { desk, push } = deskForTest();
  const share = shareDesk(desk);
  const [ann, bob, owner] = [
    share({ id: 'uid:7', owns: false }),
    share({ id: 'uid:8', owns: false }),
    share({ id: 'uid:0', owns: true }),
  ];
  const tries = await Promise.all(Array.from({ length: 9 }, () => codeOf(ann.subscribe({ expression: 'a:b' }))));
  assert.deepEqual(tries, [...Array(8).fill('answered'), 'too_many_subscriptions_of_caller']);
  assert.deepEqual((await bob.subscribe({ expression: 'c:d', ttlSeconds: 90_000 })).expires_in_seconds, 3600);
  assert.deepEqual(
    (await bob.list()).map(({ id }) => id),
    ['s9'],
  );
  assert.equal((await owner.list()).length, 9);
  for (const asked of [bob.facts('s1'), bob.unsubscribe('s1'), bob.watch({ id: 's1', count: 1, waitMs: 0 })])
    await assert.rejects(asked, /there is no subscription s1: the ones that exist are s9/);
  await ann.unsubscribe('s1');
  assert.equal(await codeOf(ann.subscribe({ expression: 'a:b' })), 'answered');
  const { mark } = await bob.news({ waitMs: 0 });
  push('s2');
  assert.deepEqual((await bob.news({ mark, waitMs: 150 })).subscriptions, [], 'what others see happens to them');
  push('s9');
  assert.deepEqual((await bob.news({ mark, waitMs: 5000 })).subscriptions, ['s9']);
});

test('the socket is the owner’s alone; another user is refused by the kernel’s word', {
  skip: process.getuid?.() !== 0,
}, async () => {
  await during(async ({ path, remote }) => {
    assert.equal(statSync(path).mode & 0o777, 0o600);
    chmodSync(path, 0o666);
    const program = `
      const { openRemoteDesk } = await import(process.argv[1]);
      try { console.log(JSON.stringify(await openRemoteDesk(process.argv[2]).list())); } catch (thrown) { console.log(thrown.parts.code); }`;
    const code = async (): Promise<string> => {
      const args = ['--input-type=module', '-e', program, join(import.meta.dirname, 'remote-desk.ts'), path];
      const child = spawn(process.execPath, args, {
        uid: NOBODY,
        gid: NOBODY,
        cwd: '/',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (bytes) => {
        said += bytes;
      });
      await once(child, 'close');
      return said.trim();
    };
    assert.equal(await code(), 'peer_refused');
    chmodSync(path, 0o600);
    assert.equal(await code(), 'no_watcher');
    assert.deepEqual(await remote.list(), []);
  });
});
