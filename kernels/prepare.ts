// Gets all that the guests of some targets need: the emulator, a system for each machine, the kernels. What is there already
// is not fetched again.
import { type Apt, openApt } from './apt.ts';
import { errors } from './errors.ts';
import { getSystem, type System } from './guest-disks.ts';
import { getKernel, type KernelFiles } from './kernel-files.ts';
import { archivesOf, readSources } from './sources.ts';
import { guestRelease, type Machine, machines, type Release, type Target, toolRelease } from './targets.ts';
import { getTools, type Tools } from './tools.ts';

const APT_FOLDER = '/etc/apt';

/** A target with all that it takes to boot it. */
export type Ready = { readonly target: Target; readonly kernel: KernelFiles; readonly system: System };
export type Prepared = { readonly tools: Tools; readonly ready: readonly Ready[] };
export type Preparation = {
  /** Folder of the cache. */
  readonly cache: string;
  /** Fetch the lists of packages anew. */
  readonly refresh: boolean;
  readonly tell: (line: string) => void;
};

/** Throws `no_package_archive`, `packages_failed`, `no_such_package`, `incomplete_package` or `no_program`. */
export const prepare = (targets: readonly Target[], { cache, refresh, tell }: Preparation): Prepared => {
  const archives = archivesOf(readSources(APT_FOLDER));
  if (archives === undefined) throw errors.noArchive({ looked: APT_FOLDER });
  const clients = new Map<string, Apt>();
  const aptFor = (release: Release, machine: Machine): Apt => {
    const architecture = machines[machine].debian;
    const key = `${release.name} ${architecture}`;
    const client = clients.get(key) ?? openApt(cache, archives, { release, architecture, refresh, tell });
    clients.set(key, client);
    return client;
  };
  tell('the emulator');
  const tools = getTools(cache, aptFor(toolRelease, process.arch === 'arm64' ? 'arm64' : 'x64'));
  const systems = new Map<Machine, System>();
  const systemFor = (machine: Machine): System => {
    const found = systems.get(machine);
    if (found !== undefined) return found;
    tell(`a system for ${machine}`);
    const made = getSystem(cache, machine, aptFor(guestRelease, machine));
    systems.set(machine, made);
    return made;
  };
  const ready = targets.map((target): Ready => {
    const { name, machine, release } = target;
    const system = systemFor(machine);
    const kernel = getKernel(cache, target, { apt: aptFor(release, machine), tools, busybox: system.busybox });
    tell(`${name} is Linux ${kernel.version}`);
    return { target, kernel, system };
  });
  return { tools, ready };
};
