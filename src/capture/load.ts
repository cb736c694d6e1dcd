// Loads the kernel side: opens the objects, makes the maps that they share one, and lets the kernel check them.
import { existsSync } from 'node:fs';
import { type Abilities, BTF, encodeAbilities } from './abilities.ts';
import { errors } from './errors.ts';
import { type BpfObject, type BpfProgram, errno, errnoName, type Libbpf } from './libbpf.ts';
import { loadAgain } from './load-again.ts';
import { objects } from './objects.ts';

const LOG_BYTES = 1 << 20;
const EPERM = 1;

export type Kernel = {
  readonly bpf: Libbpf;
  /** Descriptor of a map. Throws for a name that no object has: a mistake in this program. */
  readonly map: (name: string) => number;
  readonly program: (name: string) => BpfProgram;
  /** Gives all of it back; what is attached must have been detached before. */
  readonly close: () => void;
  /** How the programs of a call are attached here. */
  readonly uprobes: UprobeLinks;
};

/**
 * single: each probe has a link of its own, and detaching takes 0.1 s each; multi: one link for all entries and one for all
 * returns (kernel 6.6); session: one for both, with one program, which says of each call whether its return matters (6.13).
 */
export type UprobeLinks = 'single' | 'multi' | 'session';

const CALL_PROGRAMS = { call_enter: 'pair', call_return: 'pair', call_session: 'session' } as const;

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
  'short_waits',
  'looks',
  'look_state',
  'look_limits',
  'fair_buckets',
  'fair_helds',
  'fair_seed',
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
  const uprobes: UprobeLinks = !abilities.uprobe_multi ? 'single' : abilities.uprobe_session ? 'session' : 'multi';
  const maps = new Map<string, number>();
  const opened: BpfObject[] = [];
  const openObject = (name: string, path: string, kernelLog: Buffer): BpfObject => {
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
    // Of another size it is left as it was: then everything would be read the dear way.
    if (constants !== null && bpf.setInitialValue(constants, encodeAbilities(abilities)) !== 0)
      throw new Error(`${name} has constants besides what the kernel can do`);
    for (const [name, kind] of Object.entries(CALL_PROGRAMS)) {
      const program = bpf.findProgram(object, name);
      if (program === null) continue;
      if ((kind === 'session') !== (uprobes === 'session')) bpf.setAutoload(program, false);
      else if (uprobes !== 'single') bpf.prepareUprobes(program, uprobes);
    }
    return object;
  };
  for (const name of names) {
    const path = `${folder}${name}.bpf.o`;
    if (!existsSync(path)) throw errors.objectMissing({ path });
    const kernelLog = Buffer.alloc(LOG_BYTES);
    const { opened: object, result: failed } = loadAgain({
      open: () => openObject(name, path, kernelLog),
      load: bpf.load,
      close: bpf.close,
    });
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
    uprobes,
    map: (name) => maps.get(name) ?? bpf.mapFd(find(`map ${name}`, (object) => bpf.findMap(object, name))),
    program: (name) => find(`program ${name}`, (object) => bpf.findProgram(object, name)),
    close: () => {
      for (const object of opened.splice(0)) bpf.close(object);
    },
  };
};
