// Gives up every privilege that a recording no longer needs, on all threads of this program, for good. Linux keeps
// capabilities per thread; the one thing that the C library does on all of them is to change the user, and a thread that
// leaves root loses its capabilities. So: all threads become a user that nobody is, and the few that need some keep
// them and come back.
// capabilities(7), credentials(7), prctl(2). Must not know what is recorded.
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { System } from './libbpf.ts';
import { CAPABILITIES, type Capability, isCapability } from './privileges.ts';

// linux/prctl.h, linux/securebits.h, linux/capability.h
const PR_SET_KEEPCAPS = 8;
const PR_CAPBSET_DROP = 24;
const PR_SET_SECUREBITS = 28;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
/** NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE, each with its lock, and the lock of KEEP_CAPS. */
const SECURE_BITS = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 6) | (1 << 7);
const CAPABILITY_VERSION_3 = 0x2008_0522;
/**
 * A user and group that no account has, another in each process: a process of the same user could send signals to these threads,
 * and so end this program (kill(2)). Above what adduser, systemd (`systemd.io/UIDS-GIDS`) and usual ranges of containers give.
 */
const nobodyElse = (): number => 4_000_000_000 + process.pid;
/** kernel.overflowuid's default, for a user namespace that has no other. */
const OVERFLOW_USER = 65_534;
const MOST_CAPABILITIES = 64;

/** What the thread that reads the rings and attaches to late processes keeps, and why. */
export const KEPT_BY_RECORDER = {
  CAP_BPF: 'update maps of the kernel side, link probes to libraries that are mapped later',
  CAP_PERFMON: 'attach probes to them',
  CAP_SYS_PTRACE: "read /proc/PID/maps, fd and memory of other users' processes",
  CAP_DAC_READ_SEARCH: 'read libraries in folders that are closed to others',
  CAP_CHECKPOINT_RESTORE: 'open libraries that were replaced while they are in use (/proc/PID/map_files)',
  CAP_KILL: 'let programs of other users go on that were held for their first call',
} as const satisfies Partial<Record<Capability, string>>;

/**
 * What that thread keeps where each probe has a link of its own (before Linux 6.6): to open one as a perf event takes it there
 * (perf_uprobe_event_init of kernel/events/core.c), and CAP_PERFMON is not enough.
 */
const KEPT_FOR_SINGLE_PROBES: Capability = 'CAP_SYS_ADMIN';

/** What it keeps on this kernel; `single`: each probe has a link of its own. */
export const keptByRecorder = (single: boolean): readonly Capability[] => [
  ...Object.keys(KEPT_BY_RECORDER).filter(isCapability),
  ...(single ? [KEPT_FOR_SINGLE_PROBES] : []),
];

/** What the thread that names stacks keeps. */
export const KEPT_BY_NAMER: readonly Capability[] = [
  'CAP_SYS_PTRACE',
  'CAP_DAC_READ_SEARCH',
  'CAP_CHECKPOINT_RESTORE',
  // It has the lowest priority, and comes back from that at the end.
  'CAP_SYS_NICE',
];

/** All together, from Linux 6.6 on: with no more than these an ordinary user can record. */
export const KEPT_BY_ALL: readonly Capability[] = [...new Set([...keptByRecorder(false), ...KEPT_BY_NAMER])];

/** The user and group whose files a thread may write. */
export type Owner = { readonly uid: number; readonly gid: number };

/** Bits of a set of the calling thread: `Prm` is what it may have, `Eff` what counts now. */
const ownSet = (set: 'Prm' | 'Eff'): bigint => {
  const text = readFileSync('/proc/thread-self/status', 'utf8');
  return BigInt(`0x${new RegExp(`^Cap${set}:\\s*([0-9a-f]+)`, 'm').exec(text)?.[1] ?? '0'}`);
};

const bitsOf = (names: readonly Capability[]): bigint =>
  names.reduce((bits, name) => bits | (1n << BigInt(CAPABILITIES[name])), 0n);

/** Sets the effective and permitted capabilities of the calling thread; none is inherited. */
const setCapabilities = (system: System, bits: bigint): boolean => {
  const low = Number(bits & 0xffff_ffffn);
  const high = Number(bits >> 32n);
  // struct __user_cap_header_struct; two of struct __user_cap_data_struct: effective, permitted, inheritable.
  const header = new Uint8Array(Uint32Array.of(CAPABILITY_VERSION_3, 0).buffer);
  return system.capset(header, new Uint8Array(Uint32Array.of(low, low, 0, high, high, 0).buffer)) === 0;
};

/** First on each thread that keeps something: its permitted capabilities survive that it leaves root. */
export const prepareThread = (system: System): boolean => system.prctl(PR_SET_KEEPCAPS, 1) === 0;

const become = (id: number): void => {
  process.setgid?.(id);
  process.setuid?.(id);
};
const isUnmapped = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'EINVAL';

/** Makes all threads of this program a user of its own. Only from the main thread. Undefined, or why it could not be done. */
export const leaveRoot = (): string | undefined => {
  if (process.geteuid?.() !== 0) return 'this user is not root';
  try {
    process.setgroups?.([]);
    try {
      become(nobodyElse());
    } catch (thrown) {
      if (!isUnmapped(thrown)) throw thrown;
      become(OVERFLOW_USER);
    }
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
};

/**
 * Last on each thread that keeps something: back to root where it left, as a user without powers of its own, with `keep` only
 * and no way to get more. With `files`, what it writes and removes is done as that user. Returns the capabilities it has now.
 */
export const settleThread = (
  system: System,
  keep: readonly Capability[],
  { left, files }: { readonly left: boolean; readonly files?: Owner },
): readonly Capability[] => {
  const permitted = ownSet('Prm');
  setCapabilities(system, permitted);
  if (left) {
    system.setresgid(0);
    system.setresuid(0);
  }
  system.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  system.prctl(PR_SET_SECUREBITS, SECURE_BITS);
  for (let i = 0; i < MOST_CAPABILITIES; i++) system.prctl(PR_CAPBSET_DROP, i);
  if (files !== undefined) {
    system.setfsgid(files.gid);
    system.setfsuid(files.uid);
  }
  setCapabilities(system, permitted & bitsOf(keep));
  system.prctl(PR_SET_NO_NEW_PRIVS, 1);
  const now = ownSet('Eff');
  return keep.filter((name) => (now & bitsOf([name])) !== 0n);
};

/**
 * As whom the companions of a file can be removed without any privilege: its folder's owner, or its own where the folder is
 * sticky, as /tmp is.
 */
export const ownerFor = (path: string): Owner | undefined => {
  const file = statSync(path, { throwIfNoEntry: false });
  const folder = statSync(dirname(resolve(path)), { throwIfNoEntry: false });
  if (file === undefined || folder === undefined) return undefined;
  const { uid, gid } = (folder.mode & 0o1000) !== 0 ? file : folder;
  return { uid, gid };
};

/** The words for the recording, for stderr and for `doctor`. */
export const keptText = (kept: readonly Capability[]): string => (kept.length === 0 ? 'none' : kept.join(', '));
