// Loads the programs of a subscription and places them where its events happen: at a tracepoint, or at the entries and returns of a
// library call. Decides nothing about who may ask for what.
import { readFileSync } from 'node:fs';
import type { Libbpf, System } from '../libbpf.ts';
import type { CallLayout } from './call-format.ts';
import { assembleEntry, assembleReturn, FRAME_KEY_BYTES, MOST_FRAMES } from './call-program.ts';
import type { CallSite } from './call-sites.ts';
import { errors } from './errors.ts';
import { assembleProgram, type ProgramPlan } from './program.ts';
import { tracepointAttributes } from './tracepoint-attributes.ts';

const NAME = 'whytrace_live';
const BPF_MAP_TYPE_LRU_HASH = 9;

/** `keep` takes each descriptor that was opened, to be closed with the subscription, and throws for one that was not. */
export type Placing = {
  readonly bpf: Libbpf;
  readonly system: System;
  readonly keep: (fd: number) => number;
  readonly createMap: (type: number, name: string, key: number, value: number, entries: number) => number;
};
/** A link and the event that it is of: to close them waits for the kernel. */
export type Probe = readonly [link: number, event: number];

/** `id` is that of the tracepoint's description. */
export const placeOnTracepoint = ({ bpf, system, keep }: Placing, plan: ProgramPlan, id: number): readonly Probe[] => {
  const program = keep(bpf.loadTracepointProgram(NAME, assembleProgram(plan)));
  const event = keep(system.openPerfEvent(tracepointAttributes(id), 0));
  return [[keep(bpf.linkPerfEvent(program, event)), event]];
};

/** The kernel's number of its uprobes among the kinds of perf events. */
const uprobeType = (event: string): number => {
  try {
    return Number(readFileSync('/sys/bus/event_source/devices/uprobe/type', 'utf8'));
  } catch {
    throw errors.refused({ event, why: 'it has no uprobes (CONFIG_UPROBE_EVENTS)' });
  }
};

/** Returns first: an entry without its return would be kept for nothing. */
export const placeOnCall = (
  { bpf, system, keep, createMap }: Placing,
  plan: ProgramPlan,
  calling: CallLayout,
  sites: readonly CallSite[],
): readonly Probe[] => {
  const type = uprobeType(`${calling.format.category}:${calling.format.name}`);
  const framesFd = keep(createMap(BPF_MAP_TYPE_LRU_HASH, 'live_calls', FRAME_KEY_BYTES, calling.size, MOST_FRAMES));
  const whole = { ...plan, calling, framesFd };
  return [assembleReturn, assembleEntry].flatMap((assemble) => {
    const program = keep(bpf.loadProbeProgram(NAME, assemble(whole)));
    return sites.map(({ path, fileOffset }): Probe => {
      const event = keep(system.openUprobe(type, path, fileOffset, assemble === assembleReturn));
      return [keep(bpf.linkPerfEvent(program, event)), event];
    });
  });
};
