// What the kernel says of the other end of a socket, and what a policy makes of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { parentPrincipal } from './parent.ts';
import { type Peer, type PeerPolicy, peerOf, peerPrincipal, peerScopes } from './peer.ts';
import { guestScopes, scopes } from './principal.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-peer-'));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true }));
const isRoot = process.getuid?.() === 0;
const path = join(folder, 'sock');

/** The peer as the kernel tells it of a process that connects, and again once it is dead. */
const lookAt = async (ids: {
  uid?: number;
  gid?: number;
}): Promise<readonly [pid: number, Peer | undefined, Peer | undefined]> => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o666);
  const program = `if (process.getuid() === 0) process.setgroups([4241, 4242]); require('net').connect(process.argv[1]).on('error', () => {})`;
  const child = spawn(process.execPath, ['-e', program, path], { ...ids, cwd: '/', env: {}, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  try {
    const [socket]: Socket[] = await once(server, 'connection');
    if (socket === undefined) throw new Error('no connection');
    socket.on('error', () => {});
    const alive = peerOf(socket);
    child.kill('SIGKILL');
    await once(child, 'close');
    const dead = peerOf(socket);
    socket.destroy();
    return [child.pid ?? 0, alive, dead];
  } finally {
    clearTimeout(timer);
    server.close();
  }
};

test('it is the process that connected, with its ids and its program', async () => {
  const [pid, alive, dead] = await lookAt({});
  assert.equal(alive?.pid, pid);
  assert.deepEqual([alive?.uid, alive?.gid], [process.geteuid?.(), process.getegid?.()]);
  const groups = isRoot ? [4241, 4242] : process.getgroups?.();
  assert.deepEqual(new Set([alive?.gid, ...(alive?.groups ?? [])]), new Set([process.getegid?.(), ...(groups ?? [])]));
  assert.equal(alive?.exe, realpathSync(process.execPath));
  assert.equal(dead?.uid, alive?.uid, 'the ids outlive it');
  assert.equal(dead?.exe, undefined, 'its program does not');
});

test('another user is told from this one', { skip: !isRoot }, async () => {
  const [, alive] = await lookAt({ uid: 65_534, gid: 4242 });
  assert.deepEqual([alive?.uid, alive?.gid], [65_534, 4242]);
});

const anyId = fc.constantFrom(0, 1, 2, 1000);
const anyIds = fc.uniqueArray(anyId);

test('the owner and root may do all, those who are named what was granted, and nobody else connects', () => {
  fc.assert(
    fc.property(anyId, anyIds, anyIds, anyId, anyId, anyIds, (owner, uids, gids, uid, gid, groups) => {
      const policy: PeerPolicy = { owner, uids, gids, granted: guestScopes };
      const found = peerScopes(policy, { uid, gid, groups });
      if (uid === owner || uid === 0) assert.equal(found, scopes);
      else if (uids.includes(uid) || gids.includes(gid) || groups.some((one) => gids.includes(one)))
        assert.equal(found, guestScopes);
      else assert.equal(found, undefined);
    }),
  );
  const stranger = { pid: 1, uid: 7, gid: 0, groups: [] };
  assert.equal(peerPrincipal({ owner: 1, uids: [], gids: [], granted: guestScopes }, stranger), undefined);
});

test('who started the server over pipes is its own user, with all rights', () => {
  const { kind, uid, pid, scopes: held } = parentPrincipal();
  assert.deepEqual([kind, uid, pid, held], ['parent', process.getuid?.(), process.ppid, scopes]);
});
