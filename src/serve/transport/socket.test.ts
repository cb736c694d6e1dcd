// A server at a UNIX socket, from outside: who gets in, what each may do, and what becomes of its file.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { peerPolicy } from '../identity/peer.ts';
import { scopes } from '../identity/principal.ts';
import { tools } from '../tools.ts';
import { askToken } from './ask-token.ts';
import { at, httpHere, lineClient, MODERN, servingForTest } from './serving-for-test.ts';

const place = servingForTest();
after(() => place.remove());
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** Talks to a socket as another user: prints the first line that comes. */
const asUser = async (uid: number, gid: number, path: string, message: object): Promise<unknown> => {
  const program = `const s = require('net').connect(process.argv[1]); let t = '';
    s.on('connect', () => s.write(process.argv[2] + '\\n')); s.on('error', (e) => { console.log(JSON.stringify({ refused: e.code })); });
    s.on('data', (d) => { t += d; if (t.includes('\\n')) { console.log(t.split('\\n')[0]); s.destroy(); } });`;
  const child: ChildProcess = spawn(process.execPath, ['-e', program, path, JSON.stringify(message)], {
    uid,
    gid,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  let text = '';
  child.stdout?.on('data', (bytes) => {
    text += bytes;
  });
  await once(child, 'close');
  clearTimeout(timer);
  return JSON.parse(text);
};

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const namesIn = (answer: unknown): unknown => {
  const list = at(answer, 'result', 'tools');
  return Array.isArray(list) ? list.map((tool) => at(tool, 'name')) : answer;
};

test('fifty clients of both eras at once get their own answers', async () => {
  const { path, policy, start } = place;
  const { close } = await start({ socket: { path, policy } });
  const clients = Array.from({ length: 50 }, () => lineClient(path));
  try {
    const answers = await Promise.all(
      clients.map(async (client, i) => {
        if (i % 2 === 0) return client.modern(i, 'tools/call', { name: 'get_trace_stats', arguments: {} });
        const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: `c${i}`, version: '1' } };
        await client.ask({ id: 'first', method: 'initialize', params });
        client.send({ method: 'notifications/initialized' });
        return client.ask({ id: i, method: 'tools/call', params: { name: 'get_trace_stats', arguments: {} } });
      }),
    );
    for (const [i, answer] of answers.entries()) {
      assert.equal(at(answer, 'id'), i);
      assert.ok(at(answer, 'result', 'structuredContent'), JSON.stringify(answer));
    }
    assert.deepEqual(place.faults, []);
  } finally {
    for (const { socket } of clients) socket.destroy();
    await close();
  }
  assert.ok(!existsSync(path), 'the file is gone with the server');
});

test('the file is the owner’s alone, and is made anew after a server that died', async () => {
  const { path, policy, start } = place;
  // A socket that nobody listens at any more.
  const dead = createServer().listen(path);
  await once(dead, 'listening');
  const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  dead.close();
  await once(spawn(process.execPath, ['-e', program, path]), 'close');
  assert.ok(lstatSync(path).isSocket());
  const { close } = await start({ socket: { path, policy } });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await assert.rejects(start({ socket: { path, policy } }), { name: 'UserError', message: /a server answers there/ });
  const client = lineClient(path);
  assert.equal(Array.isArray(namesIn(await client.ask(LIST))), true, 'the first server goes on');
  client.socket.destroy();
  await close();
});

test('it takes no path that is a file, a link, or another user’s', async () => {
  const { folder, policy, start } = place;
  const file = join(folder, 'file');
  writeFileSync(file, 'precious');
  const link = join(folder, 'link');
  symlinkSync(file, link);
  for (const path of [file, link])
    await assert.rejects(start({ socket: { path, policy } }), { message: /no socket has that name/ });
  await assert.rejects(start({ socket: { path: join(folder, 'x'.repeat(120)), policy } }), { message: /107 bytes/ });
  if (!isRoot) return;
  const foreign = join(folder, 'foreign');
  const server = createServer().listen(foreign);
  await once(server, 'listening');
  chownSync(foreign, NOBODY, NOBODY);
  await assert.rejects(start({ socket: { path: foreign, policy } }), { message: /belongs to user 65534/ });
  server.close();
});

test('another user gets in by user or group, and may do what was granted', { skip: !isRoot }, async () => {
  const { folder, start } = place;
  chmodSync(folder, 0o755);
  const open = async (uids: readonly number[], gids: readonly number[], use: (path: string) => Promise<void>) => {
    const sub = join(folder, `s${uids}-${gids}`);
    mkdirSync(sub, { mode: 0o755 });
    const path = join(sub, 'mcp.sock');
    const { close } = await start({ socket: { path, policy: peerPolicy(uids, gids) } });
    try {
      await use(path);
    } finally {
      await close();
    }
  };
  const guests = tools.filter(({ traits }) => /^(?:telemetry|sql):read$/.test(traits.scope)).map(({ name }) => name);
  await open([], [], async (path) => {
    assert.deepEqual(await asUser(NOBODY, NOBODY, path, LIST), { refused: 'EACCES' });
    // Even where the file would let it in, the kernel's word does not.
    chmodSync(path, 0o666);
    assert.equal(at(await asUser(NOBODY, NOBODY, path, LIST), 'error', 'data', 'code'), 'peer_refused');
    assert.equal(place.refusals.at(-1)?.error.parts.code, 'peer_refused');
  });
  await open([NOBODY], [], async (path) => {
    assert.deepEqual(namesIn(await asUser(NOBODY, NOBODY, path, LIST)), guests);
    assert.equal(at(await asUser(NOBODY - 1, NOBODY, path, LIST), 'error', 'data', 'code'), 'peer_refused');
  });
  await open([], [4242], async (path) => {
    assert.equal(statSync(path).mode & 0o777, 0o660);
    assert.equal(statSync(path).gid, 4242);
    assert.deepEqual(namesIn(await asUser(NOBODY, 4242, path, LIST)), guests);
    assert.deepEqual(await asUser(NOBODY, 4243, path, LIST), { refused: 'EACCES' });
    const wish = { jsonrpc: '2.0', id: 1, method: 'whytrace/token', params: { scopes: ['admin'] } };
    assert.equal(at(await asUser(NOBODY, 4242, path, wish), 'error', 'data', 'code'), 'no_tokens');
  });
});

test('a folder in which others could swap the file is refused', async () => {
  const { folder, policy, start } = place;
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  const path = join(shared, 'mcp.sock');
  chmodSync(shared, 0o777);
  await assert.rejects(start({ socket: { path, policy } }), { message: /others may write in its folder.* 777/ });
  chmodSync(shared, 0o1777);
  await (await start({ socket: { path, policy } })).close();
  if (!isRoot) return;
  chmodSync(shared, 0o755);
  chownSync(shared, NOBODY, NOBODY);
  await assert.rejects(start({ socket: { path, policy } }), { message: /its folder belongs to user 65534/ });
});

test('a guest cannot take all connections', { skip: !isRoot }, async () => {
  const { folder, during } = place;
  chmodSync(folder, 0o755);
  const path = join(folder, 'many.sock');
  const limits = { connections: 5, connectionsPerGuest: 2, connectionsReserved: 2 };
  await during({ socket: { path, policy: peerPolicy([NOBODY, NOBODY - 1], []) } }, limits, async () => {
    const program = `for (let i = 0; i < 2; i++) require('net').connect(process.argv[1]).on('connect', () => console.log(i))`;
    const hold = (uid: number) =>
      spawn(process.execPath, ['-e', program, path], {
        uid,
        gid: uid,
        cwd: '/',
        env: {},
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const greedy = hold(NOBODY);
    const others: ReturnType<typeof lineClient>[] = [];
    try {
      let text = '';
      for await (const bytes of greedy.stdout) {
        text += bytes;
        if (text.split('\n').length > 2) break;
      }
      const codeFor = async (uid: number) => at(await asUser(uid, uid, path, LIST), 'error', 'data', 'code');
      assert.equal(await codeFor(NOBODY), 'server_busy', 'its own share is used up');
      assert.equal(await codeFor(NOBODY - 1), undefined, 'another one gets in');
      for (let i = 0; i < 3; i++) {
        const client = lineClient(path);
        others.push(client);
        assert.ok(Array.isArray(namesIn(await client.ask(LIST))), 'the owner has the rest');
      }
      assert.equal(await codeFor(NOBODY - 1), 'server_busy');
    } finally {
      greedy.kill('SIGKILL');
      for (const { socket } of others) socket.destroy();
    }
  });
});

test('what goes wrong on the wire is answered, and the connection goes on', async () => {
  const { path, policy, during } = place;
  await during({ socket: { path, policy } }, { depth: 8, messageBytes: 2_000 }, async () => {
    const client = lineClient(path);
    const codeOf = async (text: string) => {
      client.raw(`${text}\n`);
      return at(await client.next(), 'error', 'code');
    };
    assert.equal(await codeOf('{'), -32700);
    assert.equal(await codeOf('\xff\xfe'), -32700);
    assert.equal(await codeOf('[]'), -32600);
    assert.equal(await codeOf('{"jsonrpc":"1.0","id":1,"method":"tools/list"}'), -32600);
    assert.equal(
      await codeOf(`{"jsonrpc":"2.0","id":1,"method":"x","params":${'{"a":'.repeat(9)}1${'}'.repeat(9)}}`),
      -32600,
    );
    assert.equal(await codeOf('{"jsonrpc":"2.0","id":7,"method":"no/such"}'), -32601);
    client.raw('\r\n   \n');
    assert.ok(Array.isArray(namesIn(await client.ask(LIST))));
    assert.equal(await codeOf(`"${'x'.repeat(3_000)}"`), -32600);
    assert.equal(await client.next(), undefined, 'a message without an end cuts the connection');
  });
});

test('an id that is being answered cannot be used again, and there is an end to what runs at once', async () => {
  const { path, policy, during } = place;
  await during({ socket: { path, policy } }, { requestsPerConnection: 2 }, async () => {
    const client = lineClient(path);
    const query = 'SELECT count(*) FROM calls a, calls b, calls c, calls d, calls e, calls f';
    const call = { method: 'tools/call', params: { name: 'run_sql', arguments: { query, timeout: '1s' } } };
    client.send({ id: 1, ...call });
    assert.equal(at(await client.ask({ id: 1, ...call }), 'error', 'code'), -32600);
    client.send({ id: 2, ...call });
    assert.equal(at(await client.ask({ id: 3, ...call }), 'error', 'data', 'code'), 'server_busy');
    client.send({ method: 'notifications/cancelled', params: { requestId: 1 } });
    const answers = [await client.next(), await client.ask({ id: 4, method: 'tools/list', params: {} })];
    assert.deepEqual(answers.map((answer) => at(answer, 'id')).sort(), [2, 4], 'a cancelled one makes room');
    client.socket.destroy();
  });
});

test('a client that never reads is cut off, and costs the others nothing', async () => {
  const { path, policy, during } = place;
  await during({ socket: { path, policy } }, { unreadBytes: 200_000 }, async () => {
    const deaf = lineClient(path);
    deaf.socket.pause();

    for (let i = 0; i < 400; i++) deaf.send({ id: i, method: 'no/such', params: { _meta: {} } });
    for (let i = 0; i < 40_000 && !deaf.socket.destroyed; i += 1_000) {
      deaf.raw('x\n'.repeat(1_000));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    deaf.socket.resume();
    await deaf.ended;
    assert.ok(place.faults.some(({ message }) => /does not read/.test(message)));
    place.faults.length = 0;
    const other = lineClient(path);
    assert.ok(Array.isArray(namesIn(await other.ask(LIST))));
    other.socket.destroy();
  });
});

test('calls are counted for each caller, not for each connection', async () => {
  const { path, policy, during } = place;
  await during({ socket: { path, policy } }, { callsPerSecond: 0.1, burst: 3 }, async () => {
    const codes: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const client = lineClient(path);
      const answer = await client.modern(i, 'tools/call', { name: 'get_check', arguments: {} });
      codes.push(at(answer, 'error', 'data', 'code'));
      client.socket.destroy();
    }
    assert.deepEqual(codes, [undefined, undefined, undefined, 'too_many_calls']);
  });
});

test('what is no call counts too, and a notification over the limit is dropped without a word', async () => {
  const { path, policy, during } = place;
  await during({ socket: { path, policy } }, { callsPerSecond: 0.1, burst: 2 }, async () => {
    const client = lineClient(path);
    const known = place.refusals.length;
    for (let i = 0; i < 4; i++) client.raw('junk\n');
    for (let i = 0; i < 4; i++) assert.equal(at(await client.next(), 'error', 'code'), -32700);
    for (let i = 0; i < 6; i++) client.send({ method: 'notifications/roots/list_changed' });
    const answer = await client.ask({ id: 1, method: 'whytrace/token', params: {} });
    assert.equal(at(answer, 'error', 'data', 'code'), 'too_many_calls', 'a wish for a token passes the gate as well');
    const reasons = place.refusals.slice(known).map(({ reason }) => reason);
    assert.deepEqual(reasons, [...Array(4).fill('malformed'), ...Array(3).fill('rate')]);
    client.socket.destroy();
  });
});

test('what is being answered is answered before the server ends', async () => {
  const { path, policy, start } = place;
  const { close } = await start({ socket: { path, policy } }, { endMs: 3_000 });
  const client = lineClient(path);
  const query = 'SELECT count(*) FROM calls a, calls b, calls c, calls d, calls e, calls f';
  const params = { name: 'run_sql', arguments: { query, timeout: '800ms' }, _meta: MODERN };
  client.send({ id: 1, method: 'tools/call', params });
  // What came after it is answered: it has arrived.
  assert.equal(at(await client.modern(2, 'tools/list'), 'id'), 2);
  const closed = close();
  const answer = await client.next();
  assert.deepEqual([at(answer, 'id'), at(answer, 'result', 'isError')], [1, true]);
  await closed;
  assert.equal(await client.next(), undefined);
});

test('the owner gets tokens at the socket, for the HTTP address and with no more than was asked', async () => {
  const { path, policy, start } = place;
  const { addresses, close } = await start({ socket: { path, policy }, http: httpHere() });
  const got = await askToken(path, {});
  assert.equal(got.url, addresses[0]);
  assert.deepEqual(got.scopes, ['telemetry:read', 'sql:read']);
  assert.deepEqual((await askToken(path, { scopes: [...scopes] })).scopes, scopes);
  const left = got.expires - Date.now() / 1000;
  assert.ok(left > 590 && left < 601, `${left} s`);
  await assert.rejects(askToken(path, { seconds: 3_601 }), { message: /from 1 s to 60 min/ });
  await assert.rejects(askToken(path, { scopes: ['root'] }), { message: /the scopes are/ });
  await close();
  await assert.rejects(askToken(path, {}), { message: /no server answers/ });
});
