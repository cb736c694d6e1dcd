// Says of a futex at which a thread was blocked whether it belongs to the GIL of CPython. Looks from outside, at files and
// memory; what it cannot prove it calls unknown. Must not know who asks.

import { basename } from 'node:path';
import { UserError } from '../base/errors.ts';
import { type Mapping, parseMaps } from './maps.ts';
import { readProcText } from './process-info.ts';
import { lookIntoMemory } from './process-memory.ts';
import { type GilRange, gilsOf } from './python-gil-layout.ts';
import { createPythonFinder, type PythonRuntime } from './python-runtime.ts';

/**
 * `gil`: proven to be the GIL of CPython 3.9 to 3.14. `other`: proven to be none, also in a process without Python.
 * `unknown`: the process is gone or not ours to look into, its Python is of another version, or memory says nothing clear.
 */
export type GilAnswer = 'gil' | 'other' | 'unknown';

/** Never throws. What is asked of a process that has ended since it was last looked at is answered from what was seen. */
export type GilRecogniser = {
  /** Looks at a process while it lives, so that it can be asked about later; cheap when it was looked at before. */
  remember: (pid: number) => void;
  /** About the futex at `address` of process `pid` (as this process numbers it). */
  classify: (pid: number, address: number) => GilAnswer;
  /** The same in short: undefined for unknown. */
  isGil: (pid: number, address: number) => boolean | undefined;
  forget: (pid: number) => void;
};

type Seen = {
  life: string;
  /** ms: when its life was last looked at. */
  checked: number;
  startCode: number;
  /** Where anything was mapped when its files were last looked at: what is loaded later lies elsewhere. */
  mappings: readonly Pick<Mapping, 'start' | 'end'>[];
  runtimes: readonly PythonRuntime[];
  /** There is a Python of which we know nothing, or a C library whose waits are not at the GIL's own address. */
  isObscure: boolean;
  /** Every GIL ever proven in this life. */
  gils: Map<number, GilRange>;
  /** No other GIL can begin where memory is mapped now. */
  isFixed: boolean;
};

const MAX_PROCESSES = 4096;
/** So long a process is taken for the program that it was: asking the system for each wait is dear. */
const AGAIN_MS = 20;
// musl waits for a condition variable on the waiter's stack (src/thread/pthread_cond_timedwait.c), so an address tells nothing.
const MUSL = /^(?:ld-musl-|libc\.musl-)/;

const tryRead = (pid: number, file: string): string | undefined => {
  try {
    return readProcText(pid, file);
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};

/** What changes when a program starts, in a new process or by exec in an old one: start time, start of code and stack. */
const lifeOf = (pid: number): { life: string; startCode: number } | undefined => {
  const text = tryRead(pid, 'stat');
  // Fields 22, 26 and 28 of proc_pid_stat(5); the name before may hold anything, and the last bracket ends it.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  // A process that has ended, and nobody has waited for, has no memory: its code and stack begin at 0.
  return fields && fields.length > 25 && fields[25] !== '0'
    ? { life: `${fields[19]} ${fields[23]} ${fields[25]}`, startCode: Number(fields[23]) }
    : undefined;
};

const holds = (ranges: Iterable<GilRange>, address: number): boolean => {
  for (const { start, end } of ranges) if (address >= start && address < end) return true;
  return false;
};

/** Makes a recogniser. It holds no descriptors; it remembers the last 4096 processes. */
export const createGilRecogniser = (): GilRecogniser => {
  const processes = new Map<number, Seen>();
  const findPython = createPythonFinder();

  /** Reads which files a process has mapped; false when it cannot be read, or has no memory of its own any more. */
  const lookAtFiles = (pid: number, seen: Seen): boolean => {
    const mappings = parseMaps(tryRead(pid, 'maps') ?? '');
    if (mappings.length === 0) return false;
    const { runtimes, unreadable } = findPython(pid, mappings, seen.startCode);
    seen.mappings = mappings.map(({ start, end }) => ({ start, end }));
    seen.runtimes = runtimes;
    seen.isObscure =
      unreadable || (runtimes.length > 0 && mappings.some(({ path }) => MUSL.test(basename(path ?? ''))));
    seen.isFixed = runtimes.length === 0;
    return true;
  };

  /** Finds the GILs that there are now, and what the address is. */
  const lookAtMemory = (pid: number, seen: Seen, address: number): GilAnswer => {
    const found = lookIntoMemory(pid, (read) =>
      seen.runtimes.map((runtime) => ({ runtime, gils: gilsOf(read, runtime) })),
    );
    if (!found) return 'unknown';
    const known = found.flatMap(({ gils }) => gils?.ranges ?? []);
    for (const range of known) seen.gils.set(range.start, range);
    seen.isFixed = found.every(({ gils }) => gils?.fixed === true);
    if (holds(seen.gils.values(), address)) return 'gil';
    const isProven = found.every(({ runtime, gils }) => {
      const isInside = address >= runtime.address && address < runtime.address + runtime.size;
      return gils !== undefined && (isInside || !gils.hasLost);
    });
    return isProven ? 'other' : 'unknown';
  };

  const seenOf = (pid: number): { seen: Seen | undefined; isAlive: boolean } => {
    const before = processes.get(pid);
    const time = performance.now();
    if (before && time - before.checked < AGAIN_MS) return { seen: before, isAlive: true };
    const now = lifeOf(pid);
    if (!now) return { seen: before, isAlive: false };
    if (before?.life === now.life) {
      before.checked = time;
      return { seen: before, isAlive: true };
    }
    const seen: Seen = {
      ...now,
      checked: time,
      mappings: [],
      runtimes: [],
      isObscure: false,
      gils: new Map(),
      isFixed: false,
    };
    const [oldest] = processes.keys();
    if (processes.size >= MAX_PROCESSES && oldest !== undefined) processes.delete(oldest);
    processes.set(pid, seen);
    return { seen, isAlive: true };
  };

  const classify = (pid: number, address: number): GilAnswer => {
    const { seen, isAlive } = seenOf(pid);
    if (!seen) return 'unknown';
    if (holds(seen.gils.values(), address)) return 'gil';
    const isMapped = holds(seen.mappings, address);
    const isSettled = isMapped && seen.isFixed && !seen.isObscure;
    if (isSettled) return 'other';
    if (!isAlive || (!isMapped && !lookAtFiles(pid, seen))) return 'unknown';
    const answer = seen.runtimes.length === 0 ? 'other' : lookAtMemory(pid, seen, address);
    return answer === 'other' && seen.isObscure ? 'unknown' : answer;
  };

  return {
    remember: (pid) => {
      // No futex is in the first page; asking for one looks at everything once.
      const { seen, isAlive } = seenOf(pid);
      if (seen && isAlive && seen.mappings.length === 0) classify(pid, 0);
    },
    classify,
    isGil: (pid, address) => {
      const answer = classify(pid, address);
      return answer === 'unknown' ? undefined : answer === 'gil';
    },
    forget: (pid) => {
      processes.delete(pid);
    },
  };
};
