// What recordings may leave in the kernel or in their own process. Knows the names of our programs and maps, not what they do.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { json } from '../test/kernel/truth.ts';

/** What every recording loads, by the word that lists it; a name in the kernel has at most 15 characters. */
const OURS: Readonly<Record<'prog' | 'map', ReadonlySet<string>>> = {
  prog: new Set([
    'call_enter',
    'call_return',
    'call_session',
    'on_switch',
    'on_birth',
    'on_tick',
    'on_free',
    'on_waking',
  ]),
  // Those of which every recorder keeps a descriptor as long as it records.
  map: new Set(['thread_calls', 'lost_calls', 'typical_calls', 'wait_places', 'short_waits']),
};
/** The kernel frees in the background. */
const PATIENCE_MS = 5000;

const bpftool = (...args: readonly string[]): unknown => {
  const { status, stdout } = spawnSync('bpftool', ['-j', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0 || stdout === '') throw new Error(`bpftool ${args.join(' ')} ended with ${status}`);
  return JSON.parse(stdout);
};

/** Why it cannot be told what is left, if it cannot. */
export const missingBpftool = (): string | undefined =>
  spawnSync('bpftool', ['version']).status === 0 ? undefined : 'needs bpftool: it lists what is in the kernel';

type Entry = { readonly what: 'prog' | 'map'; readonly id: number; readonly name: string };

/** Our programs and maps that are in the kernel now, whoever has them. */
const listed = (): readonly Entry[] =>
  (['prog', 'map'] as const).flatMap((what) => {
    const found = bpftool(what, 'show');
    return (Array.isArray(found) ? found : []).flatMap((entry): readonly Entry[] => {
      const { id, name } = json(entry);
      return OURS[what].has(String(name)) ? [{ what, id: Number(id), name: String(name) }] : [];
    });
  });

/** What processes have descriptors of, as "prog 7" (Documentation/filesystems/proc.rst: fdinfo; not every bpftool tells it). */
const held = (): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (!/bpf-(?:prog|map)$/.test(readlinkSync(`/proc/${pid}/fd/${fd}`))) continue;
        const [, what, id] = /^(prog|map)_id:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ?? [];
        if (what !== undefined) found.add(`${what} ${id}`);
      }
    } catch {
      // It ended, or closed it, meanwhile.
    }
  }
  return found;
};

/** Programs and maps that have had no owner for a while, and are still in the kernel. */
export const orphans = async (): Promise<readonly string[]> => {
  const end = performance.now() + PATIENCE_MS;
  let found = listed();
  for (;;) {
    const owned = held();
    const there = new Set(listed().map(({ what, id }) => `${what} ${id}`));
    found = found.filter(({ what, id }) => there.has(`${what} ${id}`) && !owned.has(`${what} ${id}`));
    if (found.length === 0 || performance.now() > end)
      return found.map(({ what, id, name }) => `${what} ${id} ${name}`);
    await sleep(200);
  }
};

/** How many there are, and how many of them processes have descriptors of. */
export const inKernel = (): { readonly all: number; readonly owned: number } => {
  const [all, owned] = [listed(), held()];
  return { all: all.length, owned: all.filter(({ what, id }) => owned.has(`${what} ${id}`)).length };
};

/** Probes that were written into the list of tracefs, which outlive their maker; ours never are. */
export const writtenProbes = (): readonly string[] => {
  const path = '/sys/kernel/tracing/uprobe_events';
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => /libcuda|whytrace/.test(line))
    : [];
};

export type OwnUse = {
  readonly fds: number;
  readonly threads: number;
  readonly mappings: number;
  readonly heap_mb: number;
  readonly rss_mb: number;
};

const mb = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** What this process holds: descriptors, threads, mappings of eBPF maps, what its heap still uses, resident memory. */
export const ownUse = (): OwnUse => {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    fds: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    mappings: (readFileSync('/proc/self/maps', 'utf8').match(/anon_inode:bpf-map/g) ?? []).length,
    heap_mb: mb(heapUsed + arrayBuffers),
    rss_mb: mb(rss),
  };
};
