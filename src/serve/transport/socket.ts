// A UNIX socket: the framing of MCP over pipes, many clients at once, each known by what the kernel says of it. What is spoken
// over a connection comes with the options.
import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { messageOf, UserError } from '../../base/errors.ts';
import { errors } from '../identity/errors.ts';
import { type PeerPolicy, peerOf, peerPrincipal } from '../identity/peer.ts';
import type { Principal } from '../identity/principal.ts';
import type { Transport } from '../protocol/sdk.ts';
import type { Gate, Refusal } from './gate.ts';
import { endSocket, lineTransport } from './line-transport.ts';
import type { Listening, Watch } from './server-maker.ts';
import { clearSocketPath, openSocketFile, removeSocketFile } from './socket-file.ts';
import { refusalError } from './wire-error.ts';

export type SocketOptions = {
  readonly path: string;
  readonly policy: PeerPolicy;
  readonly gate: Gate;
  /** Talks with one caller, in whatever language: starts the transport, and goes on until it is closed. */
  readonly speak: (transport: Transport, principal: Principal) => { readonly close: () => Promise<void> };
  /** Answers messages that are no part of MCP, such as the wish for a token. */
  readonly own?: (principal: Principal, message: unknown) => Promise<object> | undefined;
  readonly watch?: Watch['transport'] | undefined;
  readonly report: (error: Error) => void;
};

/** Listens until it is closed. Throws a UserError when the path cannot be had. */
export const serveOverSocket = async (options: SocketOptions): Promise<Listening> => {
  const { path, policy, gate, speak, own, watch, report } = options;
  const open = new Map<Socket, () => Promise<void>>();
  /** Open connections by user, of all but the owner and root. */
  const guests = new Map<number | undefined, number>();
  const isGuest = (uid: number | undefined): boolean => uid !== 0 && uid !== policy.owner;
  /** No guest takes all connections, and all of them together leave some to the owner. */
  const mostFor = (uid: number | undefined): { all: number; own: number } => {
    const { connections: all, connectionsPerGuest: own, connectionsReserved: kept } = gate.limits;
    return isGuest(uid) ? { all: all - kept, own } : { all, own: all };
  };
  const countGuest = (uid: number | undefined, by: 1 | -1): void => {
    if (!isGuest(uid)) return;
    const count = (guests.get(uid) ?? 0) + by;
    if (count > 0) guests.set(uid, count);
    else guests.delete(uid);
  };

  const refuse = (socket: Socket, refusal: Refusal): void => {
    gate.refused(refusal, undefined, path);
    socket.write(`${JSON.stringify(refusalError(refusal, undefined))}\n`);
    endSocket(socket, socket);
  };
  const accept = (socket: Socket): void => {
    socket.on('error', () => socket.destroy());
    const peer = peerOf(socket);
    const most = mostFor(peer?.uid);
    if (open.size >= most.all || (guests.get(peer?.uid) ?? 0) >= most.own) {
      refuse(socket, gate.busy(Math.min(most.all, most.own)));
      return;
    }
    const principal = peer === undefined ? undefined : peerPrincipal(policy, peer);
    if (principal === undefined) {
      const error = peer === undefined ? errors.noPeer({ why: 'the kernel does not tell' }) : errors.peerRefused(peer);
      refuse(socket, { reason: 'identity', status: 403, error });
      return;
    }
    const lines = lineTransport({
      input: socket,
      output: socket,
      gate,
      principal,
      own: own === undefined ? undefined : (message) => own(principal, message),
    });
    const { close } = speak(watch === undefined ? lines : watch(lines, principal), principal);
    open.set(socket, close);
    countGuest(peer?.uid, 1);
    socket.on('close', () => {
      open.delete(socket);
      countGuest(peer?.uid, -1);
    });
  };

  await clearSocketPath(path);
  const server = createServer(accept);
  // Nobody but this user from the very first moment: the file is bound before `listen` returns.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  try {
    await once(server, 'listening');
    openSocketFile(path, policy);
  } catch (thrown) {
    server.close();
    throw thrown instanceof UserError ? thrown : errors.socketTaken({ path, why: messageOf(thrown) }, thrown);
  }
  const inode = lstatSync(path).ino;
  server.on('error', report);
  return {
    address: path,
    close: async () => {
      removeSocketFile(path, inode);
      const ended = once(server, 'close');
      server.close();
      await gate.drain();
      await Promise.all([...open.values()].map((close) => close()));
      for (const socket of open.keys()) socket.destroySoon();
      await ended;
    },
  };
};
