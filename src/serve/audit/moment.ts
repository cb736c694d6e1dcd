// When something happened, on the clock of the wall and on that of the kernel's events. The audit's only look at a clock.

export type Moment = { readonly unix_ns: bigint; readonly monotonic_ns: bigint };

/** Both clocks now. `process.hrtime` is CLOCK_MONOTONIC, as are the times of events; the wall's is exact to a millisecond. */
export const now = (): Moment => ({
  unix_ns: BigInt(Date.now()) * 1_000_000n,
  monotonic_ns: process.hrtime.bigint(),
});
