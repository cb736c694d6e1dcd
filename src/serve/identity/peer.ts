// Who is at the other end of a UNIX socket, and whether a policy by user and group lets it in.
import { readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { guestScopes, type Principal, type Scope, scopes } from './principal.ts';
import { type Credentials, peerCredentials, peerLives } from './socket-options.ts';

/** Who may use a socket besides its owner and root. */
export type PeerPolicy = {
  readonly owner: number;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  /** What those others may do. */
  readonly granted: readonly Scope[];
};

/** The policy of a server that serves its own user and root, and whom the options name. */
export const peerPolicy = (
  uids: readonly number[],
  gids: readonly number[],
  granted: readonly Scope[] = guestScopes,
): PeerPolicy => ({ owner: process.geteuid?.() ?? 0, uids, gids, granted });

/** What a process may do by its ids alone; undefined when it may not even connect. */
export const peerScopes = (
  { owner, uids, gids, granted }: PeerPolicy,
  { uid, gid, groups }: Pick<Credentials, 'uid' | 'gid' | 'groups'>,
): readonly Scope[] | undefined => {
  if (uid === owner || uid === 0) return scopes;
  return uids.includes(uid) || [gid, ...groups].some((group) => gids.includes(group)) ? granted : undefined;
};

/** The program of a process, when it is still the process that was meant and this user may look. A hint for the audit. */
const programOf = (fd: number, pid: number): string | undefined => {
  try {
    const exe = readlinkSync(`/proc/${pid}/exe`);
    // Asked after the look: only then is it certain that the id was not given to another process before it.
    return peerLives(fd) === false ? undefined : exe;
  } catch {
    return undefined;
  }
};

/** The descriptor of a connection, which Node keeps in a field without a promise; undefined once it is closed. */
const descriptorOf = (socket: Socket): number | undefined => {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
};

export type Peer = Credentials & { readonly exe?: string };

/** The process at the other end; undefined when the kernel does not tell. */
export const peerOf = (socket: Socket): Peer | undefined => {
  const fd = descriptorOf(socket);
  const credentials = fd === undefined ? undefined : peerCredentials(fd);
  if (fd === undefined || credentials === undefined) return undefined;
  const exe = programOf(fd, credentials.pid);
  return exe === undefined ? credentials : { ...credentials, exe };
};

/** The principal of a process; undefined when the policy does not let it in. */
export const peerPrincipal = (policy: PeerPolicy, peer: Peer): Principal | undefined => {
  const allowed = peerScopes(policy, peer);
  if (allowed === undefined) return undefined;
  const { uid, gid, pid, exe } = peer;
  const program = exe === undefined ? {} : { exe };
  return { kind: 'peer', id: `uid:${uid}`, scopes: allowed, transport: 'socket', uid, gid, pid, ...program };
};
