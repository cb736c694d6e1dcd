// How many times slower than usual the machine is, as whoever starts the tests says: in an emulator everything takes longer,
// what is waited for as well as what is measured. Times that depend on it are multiplied; counts and fields never are.

/** 1 unless WHYTRACE_SLOWNESS says more. */
export const SLOWNESS = Math.max(1, Number(process.env.WHYTRACE_SLOWNESS ?? 1) || 1);
