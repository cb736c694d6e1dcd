// Starts the program to record: as the user who called sudo, with that user's groups and home.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { messageOf } from '../base/errors.ts';
import { errors } from '../capture/errors.ts';

export type Owner = {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
  /** Whether the system knows this user, so that it has groups. */
  readonly listed: boolean;
};

/** The user's line in the form of passwd(5), from wherever the system keeps its users. */
const entryOf = (uid: string): readonly string[] | undefined => {
  const { status, stdout } = spawnSync('getent', ['passwd', uid], { encoding: 'utf8' });
  return status === 0 ? stdout.trimEnd().split(':') : undefined;
};

/** The user who called sudo; undefined when nobody did. */
export const sudoUser = (environment: NodeJS.ProcessEnv = process.env): Owner | undefined => {
  const { SUDO_UID: uid, SUDO_GID: gid } = environment;
  if (process.geteuid?.() !== 0 || uid === undefined || gid === undefined || !/^\d+$/.test(uid) || !/^\d+$/.test(gid))
    return undefined;
  if (uid === '0') return undefined;
  const entry = entryOf(uid);
  const [name = environment.SUDO_USER ?? uid, , , , , home = '/'] = entry ?? [];
  return { uid: Number(uid), gid: Number(gid), name, home, listed: entry !== undefined };
};

/** util-linux's setpriv changes the user like a login does, with all groups: a GPU's device files often need them. */
const asUser = ({ uid, gid, listed }: Owner, command: readonly string[]) => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${gid}`,
  listed ? '--init-groups' : '--clear-groups',
  '--',
  ...command,
];

const environmentOf = ({ name, home }: Owner): NodeJS.ProcessEnv => {
  const { SUDO_UID: _uid, SUDO_GID: _gid, SUDO_USER: _user, SUDO_COMMAND: _command, ...rest } = process.env;
  return { ...rest, HOME: home, USER: name, LOGNAME: name };
};

/** Starts a command with our own standard streams, `mute` hides what it prints. Rejects with a UserError when it cannot be started. */
export const startCommand = (
  command: readonly string[],
  owner: Owner | undefined,
  mute = false,
): Promise<ChildProcess> => {
  const [program = '', ...args] = owner === undefined ? command : asUser(owner, command);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['inherit', mute ? 'ignore' : 'inherit', 'inherit'],
      env: owner === undefined ? process.env : environmentOf(owner),
    });
    child.once('spawn', () => resolve(child));
    child.once('error', (thrown) => {
      const why = 'code' in thrown && thrown.code === 'ENOENT' ? 'there is no such program' : messageOf(thrown);
      reject(errors.commandFailed({ command: command[0] ?? '', why }, thrown));
    });
  });
};
