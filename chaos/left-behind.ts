// What recordings may leave in the kernel or in their own process. Knows the names of our programs, not what they do.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { json } from '../test/kernel/truth.ts';

/** Programs of the kernel side that every recording loads; a name in the kernel has at most 15 characters. */
const OURS: ReadonlySet<string> = new Set(['call_enter', 'call_return', 'on_switch', 'on_birth', 'on_tick', 'on_free']);
/** The kernel frees in the background. */
const PATIENCE_MS = 5000;

export const missingBpftool = (): string | undefined =>
  spawnSync('bpftool', ['version']).status === 0 ? undefined : 'needs bpftool: it lists what is in the kernel';

/** Whether a program in the list of bpftool is one of ours that no living process holds. */
const isOrphan = (entry: unknown): boolean => {
  const { name, pids } = json(entry);
  if (!OURS.has(String(name)) || !Array.isArray(pids)) return false;
  return pids.every((holder) => !existsSync(`/proc/${String(json(holder).pid)}`));
};

/** Programs without an owner that are still in the kernel after a while. */
export const orphans = async (): Promise<readonly string[]> => {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const { stdout } = spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const listed: unknown = JSON.parse(stdout === '' ? '[]' : stdout);
    const found = Array.isArray(listed) ? listed.filter(isOrphan) : [];
    if (found.length === 0 || performance.now() > end) return found.map((entry) => String(json(entry).name));
    await sleep(200);
  }
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

export type OwnUse = { readonly fds: number; readonly mappings: number; readonly rss_mb: number };

/** What this process holds: descriptors, mappings of eBPF maps, resident memory. */
export const ownUse = (): OwnUse => ({
  fds: readdirSync('/proc/self/fd').length,
  mappings: (readFileSync('/proc/self/maps', 'utf8').match(/anon_inode:bpf-map/g) ?? []).length,
  rss_mb: Math.round(process.memoryUsage().rss / 2 ** 20),
});
