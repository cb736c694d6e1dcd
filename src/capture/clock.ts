// The recording's clock: nanoseconds of CLOCK_MONOTONIC since it began, as plain numbers. The wall clock is read once.
import { clockOffsets } from './time-namespace.ts';

export type Clock = {
  /** Start on CLOCK_MONOTONIC in two 32-bit halves, for event times. */
  readonly high: number;
  readonly low: number;
  /** Start on CLOCK_MONOTONIC, in ns, in decimal. */
  readonly monotonicStart: string;
  /** Start as ns since 1970, in decimal. */
  readonly unixStart: string;
  /** Now, in ns since the start. */
  readonly now: () => number;
};

/** Starts the clock. process.hrtime is CLOCK_MONOTONIC as this process sees it; bpf_ktime_get_ns is the kernel's own. */
export const startClock = (): Clock => {
  const start = process.hrtime.bigint();
  const kernelStart = start - clockOffsets().monotonic;
  const unix = BigInt(Date.now()) * 1_000_000n;
  return {
    high: Number(kernelStart >> 32n),
    low: Number(kernelStart & 0xffff_ffffn),
    monotonicStart: kernelStart.toString(),
    unixStart: unix.toString(),
    now: () => Number(process.hrtime.bigint() - start),
  };
};

/** A time of the kernel, in two 32-bit halves, as ns since the clock's start, exact. */
export const sinceStart = ({ high, low }: Pick<Clock, 'high' | 'low'>, lowHalf: number, highHalf: number): number =>
  (highHalf - high) * 0x1_0000_0000 + (lowHalf - low);
