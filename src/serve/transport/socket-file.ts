// The file of a UNIX socket: made so that no moment leaves it open to others, and taken over only from a server that is dead.
import { chmodSync, chownSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { messageOf, systemCodeOf } from '../../base/errors.ts';
import { errors } from '../identity/errors.ts';
import type { PeerPolicy } from '../identity/peer.ts';

/** sockaddr_un of include/uapi/linux/un.h: 108 bytes, of which one ends the name. Node cuts a longer one without a word. */
const LONGEST_PATH = 107;

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => (systemCodeOf(error) === 'ECONNREFUSED' ? resolve(false) : reject(error)));
  });

const STICKY = 0o1000;
/** Why others could put something else in the place of a file there, before its mode and group are set; undefined if not. */
const unsafeFolder = (folder: string): string | undefined => {
  const { uid, gid, mode } = statSync(folder);
  const own = process.geteuid?.();
  if (uid !== 0 && uid !== own) return `its folder belongs to user ${uid}, who could put another file there`;
  const byGroup = (mode & 0o020) !== 0 && gid !== 0 && gid !== process.getegid?.();
  if ((mode & STICKY) !== 0 || ((mode & 0o002) === 0 && !byGroup)) return undefined;
  return `others may write in its folder, whose mode is ${(mode & 0o7777).toString(8)}`;
};

/** Makes room for a socket at that path. Throws a UserError for what is not a dead socket of this user. */
export const clearSocketPath = async (path: string): Promise<void> => {
  const taken = (why: string, cause?: unknown) => errors.socketTaken({ path, why }, cause);
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw taken(`its path has more than ${LONGEST_PATH} bytes, which is all that the kernel takes`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unsafe = unsafeFolder(dirname(path));
  if (unsafe !== undefined) throw taken(unsafe);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw taken('something that is no socket has that name');
  if (found.uid !== process.geteuid?.()) throw taken(`it belongs to user ${found.uid}`);
  let alive: boolean;
  try {
    alive = await answers(path);
  } catch (thrown) {
    throw taken(messageOf(thrown), thrown);
  }
  if (alive) throw taken('a server answers there');
  unlinkSync(path);
};

/** Gives the file to whom the policy lets in. The kernel's word on each connection decides; this only lets them ask. */
export const openSocketFile = (path: string, { owner, uids, gids }: PeerPolicy): void => {
  const [group] = gids;
  try {
    if (group !== undefined) chownSync(path, -1, group);
  } catch (thrown) {
    throw errors.socketTaken({ path, why: `cannot give it to group ${group}: ${messageOf(thrown)}` }, thrown);
  }
  // A file has one group: who is let in by user, or by a second group, passes by no other bits than those of all.
  const others = gids.length > 1 || uids.some((uid) => uid !== owner && uid !== 0);
  chmodSync(path, others ? 0o666 : group === undefined ? 0o600 : 0o660);
};

/** Removes the file when it is still the one that was made: `inode` is its number. */
export const removeSocketFile = (path: string, inode: number): void => {
  try {
    if (lstatSync(path).ino === inode) unlinkSync(path);
  } catch {
    // Gone already.
  }
};
