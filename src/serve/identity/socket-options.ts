// What the kernel knows of the process at the other end of a UNIX socket. The door to koffi of this layer: one function of libc,
// with buffers of our own and a descriptor that is ours. Must not decide what a caller may do.
import { closeSync, readFileSync } from 'node:fs';
import koffi from 'koffi';

// include/uapi/asm-generic/socket.h
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_PEERGROUPS = 59;
const SO_PEERPIDFD = 77;
/** struct ucred of include/linux/socket.h: pid, uid, gid. */
const UCRED_BYTES = 12;
/** NGROUPS_MAX of include/uapi/linux/limits.h. */
const MOST_GROUPS = 65_536;

const loadGetsockopt = (): ((
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  length: Uint32Array,
) => number) =>
  koffi.load('libc.so.6').func('int getsockopt(int fd, int level, int name, _Out_ void *value, void *length)');
let getsockopt: ReturnType<typeof loadGetsockopt> | undefined;

/** The option's value as 32-bit words; undefined when the kernel does not tell it. */
const option = (fd: number, name: number, bytes: number): Uint32Array | undefined => {
  getsockopt ??= loadGetsockopt();
  const value = new Uint8Array(bytes);
  const length = Uint32Array.of(bytes);
  if (getsockopt(fd, SOL_SOCKET, name, value, length) !== 0) return undefined;
  return new Uint32Array(value.buffer, 0, (length[0] ?? 0) >> 2);
};

/** Ids as the kernel saw them when the other side connected; they cannot be changed afterwards. */
export type Credentials = {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** The further groups of the process. */
  readonly groups: readonly number[];
};

/** The credentials of the process that connected; undefined when the descriptor is no connected UNIX socket. */
export const peerCredentials = (fd: number): Credentials | undefined => {
  const [pid, uid, gid] = option(fd, SO_PEERCRED, UCRED_BYTES) ?? [];
  if (pid === undefined || uid === undefined || gid === undefined || pid === 0) return undefined;
  return { pid, uid, gid, groups: [...(option(fd, SO_PEERGROUPS, MOST_GROUPS * 4) ?? [])] };
};

/**
 * Whether the process that connected still lives, so that what stands under its id is about it and not about a later one.
 * Undefined where the kernel has no SO_PEERPIDFD (before 6.5).
 */
export const peerLives = (fd: number): boolean | undefined => {
  const [pidfd] = option(fd, SO_PEERPIDFD, 4) ?? [];
  if (pidfd === undefined) return undefined;
  try {
    // https://man7.org/linux/man-pages/man2/pidfd_open.2.html: Pid is -1 once the process is gone.
    return /^Pid:\s*[1-9]/m.test(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8'));
  } catch {
    return false;
  } finally {
    closeSync(pidfd);
  }
};
