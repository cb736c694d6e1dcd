// Loads something into the kernel, and again where a signal came in between: the kernel stops checking a program when one
// waits for the thread (bpf(2): EAGAIN), and a program that was half loaded must be opened anew. Knows no programs.

// asm-generic/errno-base.h
const EINTR = 4;
const EAGAIN = 11;
/** The checks of the largest object take a tenth of a second: as many signals must come in a row to make it fail. */
const ATTEMPTS = 20;
const LONGEST_PAUSE_MS = 50;

export type Loading<T> = {
  readonly open: () => T;
  /** 0, or the negative number of the system's error. */
  readonly load: (opened: T) => number;
  /** Of what could not be loaded and is given up. */
  readonly close: (opened: T) => void;
};

const pauseFor = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

/** Loads what `open` gives. Returns what `load` said last, and of what; after anything but an interruption at once. */
export const loadAgain = <T>(
  { open, load, close }: Loading<T>,
  pause = pauseFor,
): { readonly opened: T; readonly result: number } => {
  for (let attempt = 1; ; attempt++) {
    const opened = open();
    const result = load(opened);
    const isInterrupted = result === -EAGAIN || result === -EINTR;
    if (!isInterrupted || attempt === ATTEMPTS) return { opened, result };
    close(opened);
    pause(Math.min(LONGEST_PAUSE_MS, attempt));
  }
};
