// What /proc says of a process: its name, program, arguments, parent, start, cgroup and container.
// A process may vanish at any moment: then the answer is undefined. Must not know why a process is interesting.
// Formats: proc_pid_stat(5), proc_pid_status(5), proc_pid_cgroup(5).

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandLine } from '../base/command-line.ts';
import { defineError, systemCodeOf } from '../base/errors.ts';
import { cleanText } from '../base/sanitize.ts';

/** Thrown when a process is there but this user may not look into it. */
export const noPermission = defineError<{ pid: number; file: string }>('no_permission', ({ pid, file }) => ({
  what: `cannot read /proc/${pid}/${file}`,
  why: 'the system does not let this user look into that process',
  todo: 'run this command as root (with sudo), or as the user who owns the process',
}));

/** Texts are cleaned and bounded; `startTicks` counts clock ticks (1/100 s) from boot, and with `pid` names a process for good. */
export type ProcessInfo = {
  pid: number;
  comm: string;
  /** Path of the program as the process sees it; undefined for a kernel thread or without permission. */
  exe: string | undefined;
  /** Without what looks like a secret, unless `keepArguments` was asked for. */
  args: string;
  parentPid: number;
  startTicks: number;
  cgroup: string;
  /** 64 hexadecimal digits, where the cgroup's path shows that the process is in a container. */
  container: string | undefined;
  uid: number;
};

/** Of all arguments of a process together. */
const MAX_COMMAND_LINE = 65_536;
const MAX_PATH = 4096;
const GONE = new Set(['ENOENT', 'ESRCH', 'ENOTDIR', 'EINVAL']);

/** Runs a look into /proc/PID: undefined when the process is gone, throws `no_permission` when it is forbidden. */
export const lookInto = <T>(pid: number, file: string, look: (path: string) => T): T | undefined => {
  try {
    return look(`/proc/${pid}/${file}`);
  } catch (thrown) {
    const code = systemCodeOf(thrown);
    if (GONE.has(code)) return undefined;
    if (code === 'EACCES' || code === 'EPERM') throw noPermission({ pid, file }, thrown);
    throw thrown;
  }
};

/** The text of /proc/PID/FILE; undefined when the process is gone, throws `no_permission` when it is forbidden. */
export const readProcText = (pid: number, file: string): string | undefined =>
  lookInto(pid, file, (path) => readFileSync(path, 'utf8'));

type Stat = { comm: string; state: string; parentPid: number; startTicks: number };

/** Fields of the one line of /proc/PID/stat. The name may hold spaces and brackets: the last `)` ends it. */
const parseStat = (text: string): Stat | undefined => {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const rest = text.slice(close + 2).split(' ');
  if (open < 0 || close < open || rest.length < 20) return undefined;
  // After the name: state is field 3 of the manual page, ppid 4, starttime 22.
  return {
    comm: text.slice(open + 1, close),
    state: rest[0] ?? '',
    parentPid: Number(rest[1]),
    startTicks: Number(rest[19]),
  };
};

const readStat = (pid: number): Stat | undefined => parseStat(readProcText(pid, 'stat') ?? '');

/** When the process started, in clock ticks since boot; undefined when it is gone. Tells a reused pid from the old one. */
export const startTicksOf = (pid: number): number | undefined => readStat(pid)?.startTicks;

/** Whether a process runs no more: it is gone, or has ended and waits for its parent to ask how. */
export const hasEnded = (pid: number): boolean => ['Z', 'X', undefined].includes(readStat(pid)?.state);

// cgroup v2 is the line "0::PATH"; on v1 and hybrid systems the memory or cpu line has the path that matters.
const cgroupOf = (text: string): string => {
  const rows = text.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    return match ? [{ controllers: match[1] ?? '', path: match[2] ?? '' }] : [];
  });
  const wanted = ['', 'memory', 'cpu', 'pids', 'name=systemd'].map((name) =>
    rows.find(({ controllers, path }) => path !== '/' && controllers.split(',').includes(name)),
  );
  return wanted.find((row) => row !== undefined)?.path ?? '/';
};

// docker: /docker/ID and docker-ID.scope; containerd: cri-containerd-ID.scope or cri-containerd:ID; podman: libpod-ID.scope;
// kubernetes: kubepods/.../ID.
/** The container that the text of a cgroup file shows. */
export const containerOf = (text: string): string | undefined => /(?:[/:-])([0-9a-f]{64})(?![0-9a-f])/.exec(text)?.[1];

export type InfoOptions = { readonly keepArguments?: boolean };

/** What is known of a process; undefined when it is gone. Never throws for a process that merely belongs to someone else. */
export const processInfo = (pid: number, { keepArguments = false }: InfoOptions = {}): ProcessInfo | undefined => {
  const stat = readStat(pid);
  const status = readProcText(pid, 'status');
  const cgroups = readProcText(pid, 'cgroup');
  const argv = readProcText(pid, 'cmdline');
  if (!stat || status === undefined || cgroups === undefined || argv === undefined) return undefined;
  return {
    pid,
    comm: cleanText(stat.comm, 64),
    exe: exeOf(pid),
    args: commandLine(argv.replace(/\0+$/, '').slice(0, MAX_COMMAND_LINE).split('\0'), keepArguments),
    parentPid: stat.parentPid,
    startTicks: stat.startTicks,
    cgroup: cleanText(cgroupOf(cgroups), MAX_PATH),
    container: containerOf(cgroups),
    uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN),
  };
};

const exeOf = (pid: number): string | undefined => {
  try {
    return cleanText(readlinkSync(`/proc/${pid}/exe`), MAX_PATH);
  } catch {
    return undefined;
  }
};

/** Ids of all processes there are now. */
export const allPids = (): number[] =>
  readdirSync('/proc').flatMap((name) => (/^[1-9]\d*$/.test(name) ? [Number(name)] : []));

/** All descendants of a process (children, their children, ...), nearest first. Empty when there are none or it is gone. */
export const childrenOf = (pid: number): number[] => {
  const childrenByParent = new Map<number, number[]>();
  for (const candidate of allPids()) {
    const parent = readStat(candidate)?.parentPid;
    if (parent === undefined) continue;
    const siblings = childrenByParent.get(parent);
    if (siblings) siblings.push(candidate);
    else childrenByParent.set(parent, [candidate]);
  }
  const found = new Set<number>();
  const waiting = [pid];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const child of childrenByParent.get(next) ?? []) {
      // Processes come and go while /proc is read: a reused id could otherwise close a circle.
      if (found.has(child) || child === pid) continue;
      found.add(child);
      waiting.push(child);
    }
  }
  return [...found];
};
