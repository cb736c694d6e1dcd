// The rules of the security watch about programs that begin, from the kernel's own objects.
import type { ExecLook } from '../../capture/live/looks.ts';
import { allow, type LookRule } from './rule.ts';

// linux/socket.h, linux/stat.h
const AF_INET = 2;
const AF_INET6 = 10;
const SET_USER_ID = 0o4000;
const PRELOADS = /^(LD_PRELOAD|LD_AUDIT)=(.+)$/;
/** The protocol between a miner and its pool. */
const POOL = /(?:^|=)(stratum\d?\+\w+):\/\//;
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
    judge: ({ isInShared, asked }) => (isInShared ? { facts: { program: asked } } : undefined),
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
  {
    id: 'miner_arguments',
    title: 'ran a program that is told of a pool of currency miners',
    severity: 'high',
    technique: 'T1496',
    benign: `whoever mines on purpose does; ${allow('miner_arguments')}`,
    judge: ({ arguments: words, asked }) => {
      const [, protocol] = words.map((word) => POOL.exec(word)).find((match) => match !== null) ?? [];
      // The rest of the word may hold the name and password of an account.
      return protocol === undefined ? undefined : { facts: { program: asked, protocol } };
    },
  },
  {
    id: 'unwatched_entry',
    title: 'ran a program for 32 bits, whose system calls no rule sees',
    severity: 'medium',
    technique: 'T1562',
    benign: `Wine, old games and programs of old systems are made so; ${allow('unwatched_entry')}`,
    judge: ({ is32Bit, asked }) => (is32Bit ? { facts: { program: asked } } : undefined),
  },
];
