// A clock on each CPU that runs a program of the kernel side at every tick: samples of what runs.
import { closeSync, readFileSync } from 'node:fs';
import type { Attachment } from './attach.ts';
import { errno, errnoName, type System } from './libbpf.ts';
import type { Kernel } from './load.ts';

const ONLINE = '/sys/devices/system/cpu/online';
// struct perf_event_attr of linux/perf_event.h, as far as its first published size.
const ATTRIBUTES_BYTES = 64;
const PERF_TYPE_SOFTWARE = 1;
const PERF_COUNT_SW_CPU_CLOCK = 0;
const FREQUENCY = 1 << 10;

/** CPUs of a list such as "0-3,8". */
export const cpusOf = (list: string): number[] =>
  [...list.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, from = '', to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i),
  );

const attributesFor = (hz: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(ATTRIBUTES_BYTES));
  view.setUint32(0, PERF_TYPE_SOFTWARE, true);
  view.setUint32(4, ATTRIBUTES_BYTES, true);
  view.setBigUint64(8, BigInt(PERF_COUNT_SW_CPU_CLOCK), true);
  view.setBigUint64(16, BigInt(hz), true);
  view.setBigUint64(40, BigInt(FREQUENCY), true);
  return new Uint8Array(view.buffer);
};

/** Attaches `on_tick` at `hz` ticks a second of each CPU. `failure`: why not on all. */
export const attachCpuClock = (
  kernel: Kernel,
  system: System,
  hz: number,
): { readonly attachments: readonly Attachment[]; readonly failure: string | undefined } => {
  const { bpf } = kernel;
  const program = kernel.program('on_tick');
  const attachments: Attachment[] = [];
  let failure: string | undefined;
  for (const cpu of cpusOf(readFileSync(ONLINE, 'utf8'))) {
    const fd = system.openPerfEvent(attributesFor(hz), cpu);
    const link = fd < 0 ? null : bpf.attachPerfEvent(program, fd);
    if (link === null) failure ??= errnoName(errno());
    if (link === null && fd >= 0) closeSync(fd);
    if (link !== null) attachments.push({ detach: () => bpf.destroyLink(link) });
  }
  return { attachments, failure };
};
