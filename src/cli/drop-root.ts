// A server of recordings needs no privilege. Started as root, it says so and gives up what it can.
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { messageOf } from '../base/errors.ts';
import { quotedName } from '../base/quote.ts';

const NAME = 32;

const isRoot = (): boolean => process.geteuid?.() === 0;

/** Where a user keeps files; root's are not for another user. https://specifications.freedesktop.org/basedir-spec/ */
const FOLDERS = ['XDG_STATE_HOME', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME'] as const;

const belongsTo = (folder: string | undefined, uid: number): boolean => {
  try {
    return folder !== undefined && statSync(folder).uid === uid;
  } catch {
    return false;
  }
};

/** The primary group of a user, by the system's list of users; undefined when that does not know the user. */
const groupOf = (uid: number): number | undefined => {
  process.seteuid?.(uid);
  try {
    return userInfo().gid;
  } catch {
    return undefined;
  } finally {
    process.seteuid?.(0);
  }
};

/** Becomes the user to whom a file belongs, on all threads, when this is root and the file is not root's. Says what it did. */
export const becomeOwner = (path: () => string): string | undefined => {
  if (!isRoot()) return undefined;
  let owner: { readonly uid: number; readonly gid: number };
  try {
    owner = statSync(path());
  } catch {
    // There is no recording yet.
    return undefined;
  }
  if (owner.uid === 0) return undefined;
  try {
    const gid = groupOf(owner.uid) ?? owner.gid;
    process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(owner.uid);
  } catch (thrown) {
    return `started as root, and cannot become the owner of the recording: ${messageOf(thrown)}`;
  }
  for (const name of FOLDERS) if (!belongsTo(process.env[name], owner.uid)) delete process.env[name];
  try {
    const { username, homedir } = userInfo();
    process.env.HOME = homedir;
    return `started as root: goes on as ${quotedName(username, NAME)}, to whom the recording belongs`;
  } catch {
    // The system does not know this user.
    process.env.HOME = '/';
    return `started as root: goes on as uid ${owner.uid}, to whom the recording belongs`;
  }
};

/** Gives up all capabilities when this is root: what is left is to read what belongs to root. Says what it did. */
export const dropCapabilities = async (): Promise<string | undefined> => {
  if (!isRoot()) return undefined;
  const advice = 'start it as the user to whom the recording belongs';
  try {
    const { loadSystem } = await import('../capture/libbpf.ts');
    const { leaveRoot, prepareThread, settleThread } = await import('../capture/least-privilege.ts');
    const system = loadSystem();
    prepareThread(system);
    const why = leaveRoot();
    settleThread(system, [], { left: why === undefined });
    return why === undefined
      ? `started as root, which it does not need: it has given up all capabilities; ${advice}`
      : `started as root, which it does not need, and other threads keep capabilities (${why}); ${advice}`;
  } catch (thrown) {
    return `started as root, which it does not need, and keeps its capabilities (${messageOf(thrown)}); ${advice}`;
  }
};
