// Loads the kernel side: opens the objects, makes the maps that they share one, and lets the kernel check them.
import { existsSync } from 'node:fs';
import { type Abilities, BTF, encodeAbilities } from './abilities.ts';
import { errors } from './errors.ts';
import { type BpfObject, type BpfProgram, errno, errnoName, type Libbpf } from './libbpf.ts';
import { objects } from './objects.ts';

const LOG_BYTES = 1 << 20;
const EPERM = 1;

export type Kernel = {
  readonly bpf: Libbpf;
  /** Descriptor of a map. Throws for a name that no object has: a mistake in this program. */
  readonly map: (name: string) => number;
  readonly program: (name: string) => BpfProgram;
  /** Whether one link can carry many uprobes (kernel 6.6): detaching them one by one takes 0.1 s each. */
  readonly manyUprobes: boolean;
};

const UPROBES = ['call_enter', 'call_return'];

/** The last line of the verifier's log that says something. */
const reasonOf = (log: Buffer): string => {
  const text = log.toString('utf8', 0, Math.max(0, log.indexOf(0)));
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(processed|verification time|stack depth)/.test(line));
  return lines.at(-1)?.trim() ?? '';
};

const folder = new URL(`../../bpf/build/${process.arch}/`, import.meta.url).pathname;
const SHARED = [
  'rings',
  'control',
  'losses',
  'config',
  'tracked',
  'tracking',
  'tasks',
  'crowded_tasks',
  'cpus',
  'descriptor_calls',
  'stack_budget',
  'pythons',
  'told_codes',
  'code_ids',
  'wait_places',
];

export type LoadOptions = {
  /** What this kernel tells. */
  readonly abilities: Abilities;
  /** Entries of the maps whose size depends on the machine. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Names of the objects; those of a recording, without it. */
  readonly names?: readonly string[];
};

/** Loads all objects. Throws a UserError that says what the kernel lacks. */
export const loadKernel = (bpf: Libbpf, { abilities, sizes, names = objects }: LoadOptions): Kernel => {
  if (!existsSync(BTF)) throw errors.noBtf({});
  const manyUprobes = abilities.uprobe_multi;
  const maps = new Map<string, number>();
  const opened: BpfObject[] = [];
  for (const name of names) {
    const path = `${folder}${name}.bpf.o`;
    if (!existsSync(path)) throw errors.objectMissing({ path });
    const kernelLog = Buffer.alloc(LOG_BYTES);
    const object = bpf.openFile(path, { kernelLog });
    if (object === null) throw errors.loadFailed({ object: name, why: errnoName(errno()) });
    for (const shared of SHARED) {
      const map = bpf.findMap(object, shared);
      const fd = maps.get(shared);
      if (map !== null && fd !== undefined) bpf.reuseFd(map, fd);
    }
    for (const [name, entries] of Object.entries(sizes)) {
      const map = bpf.findMap(object, name);
      if (map !== null) bpf.setMaxEntries(map, entries);
    }
    const constants = bpf.findMap(object, '.rodata');
    if (constants !== null) bpf.setInitialValue(constants, encodeAbilities(abilities));
    for (const uprobe of manyUprobes ? UPROBES : []) {
      const program = bpf.findProgram(object, uprobe);
      if (program !== null) bpf.prepareForMany(program);
    }
    const failed = bpf.load(object);
    if (failed === -EPERM) throw errors.noPrivilege({ doing: 'load the kernel side' });
    if (failed !== 0)
      throw errors.loadFailed({ object: name, why: `${errnoName(-failed)} ${reasonOf(kernelLog)}`.trim() });
    for (const shared of SHARED) {
      const map = bpf.findMap(object, shared);
      if (map !== null && !maps.has(shared)) maps.set(shared, bpf.mapFd(map));
    }
    opened.push(object);
  }
  const find = <T>(what: string, look: (object: BpfObject) => T | null): T => {
    for (const object of opened) {
      const found = look(object);
      if (found !== null) return found;
    }
    throw new Error(`no ${what} in the kernel side`);
  };
  return {
    bpf,
    manyUprobes,
    map: (name) => maps.get(name) ?? bpf.mapFd(find(`map ${name}`, (object) => bpf.findMap(object, name))),
    program: (name) => find(`program ${name}`, (object) => bpf.findProgram(object, name)),
  };
};
