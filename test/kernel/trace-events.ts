// The kernel's own trace of a few events, as a second witness: an instance of tracefs that belongs to one test. Knows
// nothing of recordings.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Owner } from './recorder.ts';

/** Times are ns of CLOCK_MONOTONIC, exact to 1 us. */
export type TracedEvent = { readonly tid: number; readonly event: string; readonly time: number };

// "comm-tid [cpu] flags seconds.us: event: fields", Documentation/trace/ftrace.rst.
const LINE = /-(\d+)\s+\[\d+\]\s+\S+\s+(\d+)\.(\d{6}): (\w+):/;

/** A mount of tracefs that goes away with the test. Only the empty folder is removed: what is below is the kernel's. */
const mountTracefs = (owner: Owner): string => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-tracefs-'));
  const mounted = spawnSync('mount', ['-t', 'tracefs', 'whytrace-test', folder], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    rmdirSync(folder);
    throw new Error(`cannot mount tracefs: ${mounted.stderr}`);
  }
  owner.after(() => {
    spawnSync('umount', [folder]);
    rmdirSync(folder);
  });
  return folder;
};

/** Traces events such as "vmscan/mm_vmscan_memcg_reclaim_begin" from now on until the test ends. */
export const traceEvents = (
  owner: Owner,
  events: readonly string[],
): { readonly read: () => readonly TracedEvent[] } => {
  const folders: string[] = [];
  // Registered first, for what is registered first is done first.
  owner.after(() => {
    for (const instance of folders) {
      writeFileSync(join(instance, 'events', 'enable'), '0');
      rmdirSync(instance);
    }
  });
  const instance = join(mountTracefs(owner), 'instances', `whytrace-test-${process.pid}`);
  const set = (file: string, value: string) => writeFileSync(join(instance, file), value);
  mkdirSync(instance);
  folders.push(instance);
  set('trace_clock', 'mono');
  for (const event of events) set(`events/${event}/enable`, '1');
  return {
    read: () =>
      readFileSync(join(instance, 'trace'), 'utf8')
        .split('\n')
        .flatMap((line) => {
          const [, tid, seconds, micros, event = ''] = LINE.exec(line) ?? [];
          return tid === undefined
            ? []
            : [{ tid: Number(tid), event, time: Number(seconds) * 1e9 + Number(micros) * 1e3 }];
        }),
  };
};
