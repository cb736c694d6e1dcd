// The rules of the security watch about programs that begin and files that few should open, from the kernel's own objects.
import { homedir } from 'node:os';
import type { ExecLook, OpenLook } from '../../capture/live/looks.ts';
import { allow, type Judgement, type Rule } from './rule.ts';

/** The same as a rule of events, with the look in their place. */
export type LookRule<Look> = Omit<Rule, 'events' | 'judge' | 'perSecond'> & {
  readonly judge: (look: Look) => Judgement | undefined;
};

// linux/socket.h, linux/stat.h
const AF_INET = 2;
const AF_INET6 = 10;
const SET_USER_ID = 0o4000;
const PRELOADS = /^(LD_PRELOAD|LD_AUDIT)=(.+)$/;
const WRITTEN = 0x3;
const O_TRUNC = 0x200;
const isNetwork = ({ family }: { readonly family: number }) => family === AF_INET || family === AF_INET6;

export const execRules: readonly LookRule<ExecLook>[] = [
  {
    id: 'fileless_exec',
    title: 'ran a program that is in memory only',
    severity: 'high',
    technique: 'T1620',
    benign: `container runtimes (runc) and some launchers do; ${allow('fileless_exec')}`,
    judge: ({ links, file }) => (links === 0 && file.startsWith('memfd:') ? { facts: { file } } : undefined),
  },
  {
    id: 'exec_of_deleted_file',
    title: 'ran a program whose file is deleted',
    severity: 'high',
    technique: 'T1070.004',
    benign: `package upgrades and programs that update themselves do; ${allow('exec_of_deleted_file')}`,
    judge: ({ links, file }) => (links === 0 && !file.startsWith('memfd:') ? { facts: { file } } : undefined),
  },
  {
    id: 'exec_from_temporary',
    title: 'ran a program from a directory that everybody may write to',
    severity: 'medium',
    technique: 'T1059',
    benign: `builds, test suites and installers do; ${allow('exec_from_temporary')}`,
    judge: ({ asked }) => (/^\/(tmp|var\/tmp|dev\/shm)\//.test(asked) ? { facts: { program: asked } } : undefined),
  },
  {
    id: 'preload',
    title: 'ran a program into which another library is loaded first',
    severity: 'medium',
    technique: 'T1574.006',
    benign: `jemalloc, snap and debuggers do; ${allow('preload')}`,
    judge: ({ environment }) => {
      const [, name, value] = environment.map((entry) => PRELOADS.exec(entry)).find((match) => match !== null) ?? [];
      return name === undefined ? undefined : { facts: { variable: name, library: value ?? null } };
    },
  },
  {
    id: 'set_user_id_exec',
    title: 'ran a program with the rights of its owner (set-user-ID)',
    severity: 'low',
    technique: 'T1548.001',
    benign: `su, sudo, passwd and ping are made so; ${allow('set_user_id_exec')}`,
    judge: ({ mode, uid, euid, asked }) =>
      (mode & SET_USER_ID) !== 0 && uid !== euid ? { facts: { program: asked, uid, euid } } : undefined,
  },
  {
    id: 'reverse_shell',
    title: 'ran a program whose input or output is a network connection',
    severity: 'critical',
    technique: 'T1059.004',
    benign: `inetd, sshd -i and services started by a socket do; ${allow('reverse_shell')}`,
    judge: ({ streams, asked }) => {
      const stream = streams.find(isNetwork);
      return stream === undefined
        ? undefined
        : { facts: { program: asked, address: stream.family === AF_INET ? stream.address : null, port: stream.port } };
    },
  },
];

export const openRules: readonly LookRule<OpenLook>[] = [
  {
    id: 'sensitive_file',
    title: 'opened a file that holds secrets or rights',
    severity: 'medium',
    technique: 'T1003.008',
    benign: `su, sudo, sshd, cron and backups do; ${allow('sensitive_file')}`,
    judge: ({ file, flags }) => ({
      ...((flags & (WRITTEN | O_TRUNC)) === 0
        ? {}
        : { title: 'opened a file that holds secrets or rights, to write', severity: 'high' as const }),
      facts: { file, flags },
    }),
  },
];

const HOME = homedir();

/** Files that few should open, of the system and of the user who watches; `*` is every file of that directory. */
export const SENSITIVE: readonly string[] = [
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/sudoers',
  '/etc/sudoers.d/*',
  '/etc/ssh/*_key',
  '/etc/kubernetes/admin.conf',
  '/etc/krb5.keytab',
  ...['.ssh/*', '.aws/credentials', '.docker/config.json', '.kube/config'].map((path) => `${HOME}/${path}`),
];
