// The thread that names stacks, as the recorder sees it: raw events go in, stacks with names come out. What it does there
// takes long now and then (a large symbol table), and must not keep the rings waiting.
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { readProcText } from '../process-info.ts';
import { type FromNamer, LEFT, type NamedStack, STAYED, type ToNamer } from './messages.ts';
import { createCollector } from './raw-events.ts';

/** What was added is handed over after a while, or when it is much: each message costs about 0.1 ms on both sides. */
const GATHER_MS = 250;
const GATHER_WORDS = 1 << 18;
/** Words that the thread may have to read at most: 64 MB. It has the lowest priority, and a busy machine may starve it. */
const MOST_BEHIND = 1 << 24;
/** How long the end of a recording waits for the last names. */
const PATIENCE_MS = 20_000;

export type Namer = {
  /** Resolves when the thread has done what takes long at its start, or has failed: from then on it is quiet. */
  readonly ready: Promise<void>;
  /** Looks at a process while it lives. False when it is gone. With `since` (ns) it is another program from then on. */
  readonly remember: (pid: number, since?: number) => boolean;
  /** A child has what its parent has. */
  readonly born: (pid: number, parent: number) => void;
  readonly forget: (pid: number) => void;
  /** The rows of stacks that were named are about to go: from now on frames come along again, and `onNewKeys` is called. */
  readonly renewKeys: () => void;
  /**
   * Adds an event of `length` words; `taken`, not 0 for the last event of a stack, is given back with that stack. While the
   * thread is far behind only code objects are taken: they are told once.
   */
  readonly add: (words: Uint32Array, at: number, length: number, taken: number, isNeeded?: boolean) => void;
  /** Share of what the thread may have to read at most that it has to; beyond 1 stacks stay without names. */
  readonly behind: () => number;
  /** Hands over what was added, now and then. */
  readonly send: () => void;
  /** There is time to give memory back. */
  readonly tidy: () => void;
  /**
   * Has the thread stand still, calls `meanwhile`, which says whether all threads have left root, and has it give up all
   * privileges but those for reading other processes. Does nothing but call it when the thread is gone.
   */
  readonly dropPrivileges: (meanwhile: () => boolean) => Promise<void>;
  /** Resolves when all that was added has been named, or when that takes too long, with how many stacks have no names. */
  readonly finish: () => Promise<number>;
};

export type NamerEvents = {
  /** Called with stacks in the order in which they were added, mostly. */
  readonly onNamed: (stacks: readonly NamedStack[]) => void;
  /** Keys of stacks before this are not used again. */
  readonly onNewKeys: () => void;
};

/** Starts the thread. */
export const startNamer = (clock: Clock, { onNamed, onNewKeys }: NamerEvents): Namer => {
  const { high, low } = clock;
  const worker = new Worker(new URL('./namer-thread.ts', import.meta.url), { workerData: { high, low } });
  const finished = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  const standing = Promise.withResolvers<void>();
  let failed = false;
  worker.on('message', (message: FromNamer) => {
    if (message.kind === 'ready') ready.resolve();
    else if (message.kind === 'waiting') standing.resolve();
    else if (message.kind === 'named') {
      unnamed -= message.stacks.length;
      onNamed(message.stacks);
    } else if (message.kind === 'read') {
      behind -= message.used;
      collector.giveBack(message.words);
    } else if (message.kind === 'new_keys') onNewKeys();
    else finished.resolve();
  });
  // Without names the recording goes on: all stacks from now on are unnamed, and nothing waits for it.
  worker.on('error', () => {
    failed = true;
    behind = 0;
    ready.resolve();
    standing.resolve();
    finished.resolve();
  });
  worker.unref();
  const collector = createCollector();
  /** Words that were sent and not read yet, and stacks that were added and not named yet. */
  let behind = 0;
  let unnamed = 0;
  const post = (message: ToNamer, transfer: ArrayBuffer[] = []) => {
    if (!failed) worker.postMessage(message, transfer);
  };
  let sent = performance.now();
  const sendAll = () => {
    sent = performance.now();
    const events = collector.takeAll();
    if (events === undefined || failed) return;
    behind += events.used;
    post({ kind: 'events', events }, [events.words.buffer]);
  };
  return {
    ready: ready.promise,
    remember: (pid, since = 0) => {
      const maps = readProcText(pid, 'maps');
      if (maps === undefined || maps === '') return false;
      // What came before belongs to what was mapped before.
      sendAll();
      post({ kind: 'process', pid, maps, since });
      return true;
    },
    born: (pid, parent) => {
      sendAll();
      post({ kind: 'born', pid, parent });
    },
    forget: (pid) => post({ kind: 'forget', pid }),
    renewKeys: () => post({ kind: 'renew_keys' }),
    add: (words, at, length, taken, isNeeded = false) => {
      if (taken !== 0) unnamed++;
      if (failed) return;
      if (isNeeded || behind + collector.waiting() < MOST_BEHIND) collector.add(words, at, length, taken);
    },
    behind: () => (behind + collector.waiting()) / MOST_BEHIND,
    send: () => {
      if (collector.waiting() > GATHER_WORDS || performance.now() - sent > GATHER_MS) sendAll();
    },
    tidy: () => post({ kind: 'tidy' }),
    dropPrivileges: async (meanwhile) => {
      const go = new Int32Array(new SharedArrayBuffer(4));
      post({ kind: 'privileges', go });
      if (!failed) await standing.promise;
      try {
        Atomics.store(go, 0, meanwhile() ? LEFT : STAYED);
      } finally {
        Atomics.compareExchange(go, 0, 0, STAYED);
        Atomics.notify(go, 0);
      }
    },
    finish: async () => {
      sendAll();
      worker.ref();
      post({ kind: 'finish' });
      const timer = setTimeout(() => finished.resolve(), PATIENCE_MS);
      await finished.promise;
      clearTimeout(timer);
      await worker.terminate();
      return unnamed;
    },
  };
};
