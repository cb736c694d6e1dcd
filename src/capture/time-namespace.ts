// By how much the clocks of this process differ from the kernel's own: in a time namespace, as some containers have, they are
// shifted, and the kernel side knows nothing of that. time_namespaces(7).
import { readFileSync, readlinkSync } from 'node:fs';

export type ClockOffsets = { readonly monotonic: bigint; readonly boottime: bigint };
const NONE: ClockOffsets = { monotonic: 0n, boottime: 0n };

/** The offsets, in ns, in the text of /proc/PID/timens_offsets: a line each, with seconds and nanoseconds. */
export const offsetsIn = (text: string): ClockOffsets => {
  const of = (name: string): bigint => {
    const [, seconds = '0', ns = '0'] = new RegExp(`^${name}\\s+(-?\\d+)\\s+(\\d+)`, 'm').exec(text) ?? [];
    return BigInt(seconds) * 1_000_000_000n + BigInt(ns);
  };
  return { monotonic: of('monotonic'), boottime: of('boottime') };
};

/** The offsets of this process; none where it is in no time namespace, or the kernel has none. */
export const clockOffsets = (): ClockOffsets => {
  try {
    // The file tells of the namespace that children are born into.
    if (readlinkSync('/proc/self/ns/time') !== readlinkSync('/proc/self/ns/time_for_children')) return NONE;
    return offsetsIn(readFileSync('/proc/self/timens_offsets', 'utf8'));
  } catch {
    return NONE;
  }
};
