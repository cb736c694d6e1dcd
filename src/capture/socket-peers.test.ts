import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket, type SocketType } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compile, lacksCompiler, start, temporaryFolder } from './compile-for-test.ts';
import { createSocketPeers, type SocketDescription, type SocketPeers } from './socket-peers.ts';

const inodesOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
      return match ? [Number(match[1])] : [];
    } catch {
      return [];
    }
  });
/** The sockets of a process that are so described. */
const findSockets = (
  { describe }: SocketPeers,
  pid: number,
  isWanted: (socket: SocketDescription) => boolean,
): SocketDescription[] =>
  inodesOf(pid).flatMap((inode) => {
    const socket = describe(pid, inode);
    return socket && isWanted(socket) ? [socket] : [];
  });
const commOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

/** A server in another process that keeps what connects; prints its port. */
const server = (address: string): string =>
  `require('node:net').createServer(() => {}).listen(0, ${JSON.stringify(address)}, function () { console.log(this.address().port); })`;

const connectTo = async (t: TestContext, port: number, host: string): Promise<{ localPort: number }> => {
  const socket = connect({ port, host });
  t.after(() => socket.destroy());
  // The other program may end first.
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  return { localPort: socket.localPort ?? 0 };
};

for (const [what, listen, host, near, far] of [
  ['IPv4', '127.0.0.1', '127.0.0.1', '127.0.0.1', 'inet'],
  ['IPv6', '::1', '::1', '[::1]', 'inet6'],
  ['a server for both, reached by IPv4,', '::', '127.0.0.1', '127.0.0.1', 'inet6'],
] as const)
  test(`both ends of a TCP connection: ${what}`, async (t) => {
    const { pid, line, stop } = await start(t, process.execPath, ['-e', server(listen)]);
    const port = Number(line);
    const { localPort } = await connectTo(t, port, host);
    // The server's descriptor for the connection comes a moment after ours is connected.
    const own = { type: 'stream', local: `${near}:${localPort}`, remote: `${near}:${port}` } as const;
    const family = host === '::1' ? 'inet6' : 'inet';
    assert.deepEqual(
      findSockets(createSocketPeers(), process.pid, ({ remote }) => remote === `${near}:${port}`),
      [{ family, ...own, peer: { pid, comm: commOf(pid) } }],
    );
    const peers = createSocketPeers({ scanEveryMs: 0 });
    const theirs = (): SocketDescription[] => findSockets(peers, pid, ({ remote }) => remote === own.local);
    for (const until = Date.now() + 3000; theirs().length === 0 && Date.now() < until; )
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(theirs(), [
      {
        family: far,
        type: 'stream',
        local: own.remote,
        remote: own.local,
        peer: { pid: process.pid, comm: commOf(process.pid) },
      },
    ]);
    const listening = findSockets(peers, pid, ({ type, remote }) => type === 'stream' && remote === undefined);
    const shown = listen === '::' ? `[::]:${port}` : own.remote;
    assert.deepEqual(
      listening.filter(({ family: each }) => each !== 'unix').map(({ local, peer }) => [local, peer]),
      [[shown, undefined]],
    );
    const [inode = 0] = inodesOf(pid);
    await stop();
    assert.equal(peers.describe(pid, inode), undefined);
  });

const LISTENER = `#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  bind(fd, (struct sockaddr *)&address, size);
  listen(fd, 8);
  getsockname(fd, (struct sockaddr *)&address, &size);
  printf("%d\\n", ntohs(address.sin_port));
  fflush(stdout);
  return getchar() == 0;
}`;

test('a connection that is not accepted yet leads to the program that listens', { skip: lacksCompiler }, async (t) => {
  const { pid, line } = await start(t, compile(temporaryFolder(t), 'listener', LISTENER));
  await connectTo(t, Number(line), '127.0.0.1');
  const found = findSockets(createSocketPeers(), process.pid, ({ remote }) => remote === `127.0.0.1:${line}`);
  assert.deepEqual(
    found.map(({ peer }) => peer),
    [{ pid, comm: 'listener' }],
  );
});

for (const [type, bind, host, text] of [
  ['udp4', '0.0.0.0', '127.0.0.1', '127.0.0.1'],
  ['udp6', '::', '::1', '[::1]'],
  ['udp6', '::1', '::1', '[::1]'],
] as const satisfies readonly (readonly [SocketType, string, string, string])[])
  test(`the far end of a connected ${type} socket, bound there to ${bind}`, async (t) => {
    const program = `const s = require('node:dgram').createSocket('${type}');
      s.bind(0, '${bind}', () => console.log(s.address().port))`;
    const { pid, line } = await start(t, process.execPath, ['-e', program]);
    const socket = createSocket(type);
    t.after(() => socket.close());
    socket.connect(Number(line), host);
    await once(socket, 'connect');
    const [found, ...more] = findSockets(
      createSocketPeers(),
      process.pid,
      ({ remote }) => remote === `${text}:${line}`,
    );
    assert.equal(more.length, 0);
    assert.deepEqual([found?.type, found?.local], ['dgram', `${text}:${socket.address().port}`]);
    assert.deepEqual(found?.peer, { pid, comm: commOf(pid) });
  });

test('UNIX sockets have names but no far end', async (t) => {
  const path = join(temporaryFolder(t), 'named');
  const abstract = `whytrace-test-${process.pid}`;
  const program = `const net = require('node:net');
    net.createServer().listen(${JSON.stringify(path)}, () =>
      net.createServer().listen('\\0${abstract}', () => console.log('up')))`;
  const { pid } = await start(t, process.execPath, ['-e', program]);
  const named = findSockets(createSocketPeers(), pid, ({ family, local }) => family === 'unix' && local !== undefined);
  const common = { family: 'unix', type: 'stream', remote: undefined, peer: undefined };
  assert.deepEqual(
    named.sort((a, b) => (a.local ?? '').localeCompare(b.local ?? '')),
    [
      { ...common, local: `unix:${path}` },
      { ...common, local: `unix:@${abstract}` },
    ].sort((a, b) => a.local.localeCompare(b.local)),
  );
});

test('what is no socket here, and a process that is not there, are undefined', () => {
  const { describe } = createSocketPeers();
  assert.equal(describe(process.pid, 2 ** 40), undefined);
  assert.equal(describe(process.pid, 0), undefined);
  assert.equal(describe(2 ** 22 + 1, inodesOf(process.pid)[0] ?? 1), undefined);
});

const cannotSplit = ((): string | false => {
  const tried = spawnSync('unshare', ['-n', 'sh', '-c', 'ip link add near type veth peer name far']);
  return tried.status === 0 ? false : 'needs root, ip, and virtual network cards in the kernel';
})();

test('the far end in another network namespace of this host', { skip: cannotSplit }, async (t) => {
  const far = await start(t, 'unshare', ['-n', process.execPath, '-e', server('0.0.0.0')]);
  const join = `ip link add near type veth peer name far netns ${far.pid} && ip addr add 192.0.2.1/30 dev near &&
    ip link set near up && nsenter -t ${far.pid} -n sh -c 'ip addr add 192.0.2.2/30 dev far && ip link set far up' &&
    exec "$@"`;
  const client = `require('node:net').connect(${far.line}, '192.0.2.2', () => console.log('up'))`;
  const near = await start(t, 'unshare', ['-n', 'sh', '-c', join, 'sh', process.execPath, '-e', client]);
  const remote = `192.0.2.2:${far.line}`;
  const found = findSockets(createSocketPeers(), near.pid, (socket) => socket.remote === remote);
  assert.deepEqual(
    found.map(({ peer }) => peer),
    [{ pid: far.pid, comm: commOf(far.pid) }],
  );
});
