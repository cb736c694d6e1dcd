// What a run of the lab makes on the machine (folders, control groups, network namespaces) and takes away again: at its end,
// when it is ended by a signal, and, after one that could not clean up, at the beginning of the next.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'whytrace-lab-';
/** A name of this process: whose it is can be told from it. */
const nameOf = (count: number) => `${PREFIX}${process.pid}-${count}`;
/** Network namespaces and their devices have at most 15 characters: "wl", the process, a letter. */
const SHORT = 'wl';

export type Group = {
  /** The file that a process writes "0" into to enter. */
  readonly procs: string;
  readonly file: (name: string) => string;
  readonly read: (name: string) => string;
  readonly write: (name: string, value: string) => void;
};
/** Two network namespaces with a link between them; each is a prefix for a command. */
export type Link = {
  readonly near: readonly string[];
  readonly far: readonly string[];
  readonly nearAddress: string;
  readonly farAddress: string;
  /** Runs tc on the far or near end. */
  readonly shape: (end: 'near' | 'far', ...rule: readonly string[]) => void;
  /** Loses so many percent of the packets that leave an end, by chance. */
  readonly lose: (end: 'near' | 'far', percent: number) => void;
};
export type Estate = {
  readonly folder: string;
  readonly group: (controller: string) => Group;
  readonly link: () => Link;
  readonly atEnd: (clean: () => void) => void;
  readonly clear: () => void;
};

const mounts = () => readFileSync('/proc/mounts', 'utf8');
const controllerFolder = (name: string): string | undefined =>
  new RegExp(`^\\S+ (\\S+) cgroup \\S*\\b${name}\\b`, 'm').exec(mounts())?.[1];
const controllers = ['cpu', 'blkio', 'memory', 'freezer'];

/** Why the lab cannot use this machine's control groups or network namespaces, or undefined. */
export const missingForGroup = (controller: string): string | undefined =>
  controllerFolder(controller) === undefined ? `no cgroup v1 controller ${controller}` : undefined;
export const missingForLink = (): string | undefined =>
  spawnSync('ip', ['-V']).status === 0 ? undefined : 'no ip command (iproute2)';

const quietly = (action: () => void) => {
  try {
    action();
  } catch {
    // Gone already, or somebody else's.
  }
};

/** Ends what is still in a group, by its ids, and removes it. */
const removeGroup = (folder: string) => {
  for (let attempt = 0; attempt < 200 && existsSync(folder); attempt++) {
    quietly(() => {
      for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
        quietly(() => {
          if (Number(pid) === process.pid) writeFileSync(join(folder, '..', 'cgroup.procs'), pid);
          else process.kill(Number(pid), 'SIGKILL');
        });
    });
    quietly(() => rmdirSync(folder));
    if (existsSync(folder)) spawnSync('sleep', ['0.02']);
  }
};
const removeNamespace = (name: string) =>
  quietly(() => execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' }));

const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
const ownerOf = (name: string): number => Number(new RegExp(`^(?:${PREFIX}|${SHORT})(\\d+)`).exec(name)?.[1] ?? 0);
const isLeft = (name: string) => ownerOf(name) > 0 && !isAlive(ownerOf(name));

/** Takes away what runs left that were killed. */
export const sweep = (): void => {
  for (const controller of controllers) {
    const folder = controllerFolder(controller);
    if (folder === undefined) continue;
    for (const name of readdirSync(folder).filter(isLeft)) removeGroup(join(folder, name));
  }
  if (existsSync('/run/netns')) for (const name of readdirSync('/run/netns').filter(isLeft)) removeNamespace(name);
  for (const name of readdirSync(tmpdir()).filter(isLeft))
    quietly(() => rmSync(join(tmpdir(), name), { recursive: true, force: true }));
};

/** Takes one process out of the lab's share of the CPUs: it gets what any other program of the machine gets. */
export const leaveShare = (pid: number): void => {
  const folder = controllerFolder('cpu');
  if (folder !== undefined) quietly(() => writeFileSync(join(folder, 'cgroup.procs'), String(pid)));
};

/** Lets threads of real-time priority run in a group, for as much of each second as the machine has left, in us. */
export const allowRealTime = (group: Group): void => {
  if (!existsSync(group.file('cpu.rt_runtime_us'))) return;
  for (const us of ['400000', '200000', '100000', '50000']) {
    try {
      group.write('cpu.rt_runtime_us', us);
      return;
    } catch {
      // Other groups have it: less may do.
    }
  }
};

let made = 0;
const estates = new Set<Estate>();
/** Clears what all runs of this process have made. */
export const clearAll = (): void => {
  for (const estate of estates) estate.clear();
};

const makeLink = (atEnd: Estate['atEnd']): Link => {
  const count = made++;
  const [near, far] = [`${SHORT}${process.pid}n${count}`, `${SHORT}${process.pid}f${count}`];
  const ip = (...args: readonly string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  for (const name of [near, far]) {
    atEnd(() => removeNamespace(name));
    ip('netns', 'add', name);
  }
  ip('-n', near, 'link', 'add', 'near0', 'type', 'veth', 'peer', 'name', 'far0', 'netns', far);
  const ends = { near: [near, 'near0', '10.9.8.1'], far: [far, 'far0', '10.9.8.2'] } as const;
  for (const [name, device, address] of Object.values(ends)) {
    ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', device);
    ip('-n', name, 'link', 'set', device, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  const tc = (end: 'near' | 'far', kind: string, ...rule: readonly string[]) => {
    const [name, device] = ends[end];
    execFileSync('tc', ['-n', name, kind, 'add', 'dev', device, ...rule], { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  return {
    near: ['ip', 'netns', 'exec', near],
    far: ['ip', 'netns', 'exec', far],
    nearAddress: ends.near[2],
    farAddress: ends.far[2],
    shape: (end, ...rule) => tc(end, 'qdisc', ...rule),
    // A class that lets nothing through, and a filter that draws who goes there: linux/filter.h, SKF_AD_RANDOM.
    lose: (end, percent) => {
      tc(end, 'qdisc', 'root', 'handle', '1:', 'htb', 'default', '10');
      tc(end, 'class', 'parent', '1:', 'classid', '1:10', 'htb', 'rate', '10gbit', 'quantum', '60000');
      tc(end, 'class', 'parent', '1:', 'classid', '1:20', 'htb', 'rate', '8kbit', 'quantum', '1500');
      tc(end, 'qdisc', 'parent', '1:20', 'handle', '20:', 'tbf', 'rate', '8bit', 'burst', '10', 'limit', '10');
      const below = Math.floor((percent / 100) * 2 ** 32);
      const program = `4,32 0 0 ${0xfffff038},53 1 0 ${below},6 0 0 ${0xffffffff},6 0 0 0`;
      tc(end, 'filter', 'parent', '1:', 'protocol', 'all', 'prio', '1', 'bpf', 'bytecode', program, 'flowid', '1:20');
    },
  };
};

/** Makes a place for one run. */
export const makeEstate = (): Estate => {
  const endings: (() => void)[] = [];
  const atEnd = (clean: () => void) => void endings.push(clean);
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const estate: Estate = {
    folder,
    atEnd,
    group: (controller) => {
      const at = join(controllerFolder(controller) ?? '', nameOf(made++));
      mkdirSync(at);
      atEnd(() => removeGroup(at));
      const file = (name: string) => join(at, name);
      return {
        procs: file('cgroup.procs'),
        file,
        read: (name) => readFileSync(file(name), 'utf8'),
        write: (name, value) => writeFileSync(file(name), value),
      };
    },
    link: () => makeLink(atEnd),
    clear: () => {
      while (endings.length > 0) quietly(endings.pop() ?? (() => {}));
      estates.delete(estate);
    },
  };
  estates.add(estate);
  return estate;
};
