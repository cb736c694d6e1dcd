// The thread that names stacks, as the recorder sees it: raw events go in, stacks with names come out. What it does there
// takes long now and then (a large symbol table), and must not keep the rings waiting.
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { readProcText } from '../process-info.ts';
import type { FromNamer, NamedStack, ToNamer } from './messages.ts';
import { createCollector } from './raw-events.ts';

/** What was added is handed over after a while, or when it is much: each message costs about 0.1 ms on both sides. */
const GATHER_MS = 250;
const GATHER_WORDS = 1 << 18;
/** How long the end of a recording waits for the last names. */
const PATIENCE_MS = 20_000;

export type Namer = {
  /** Looks at a process while it lives. False when it is gone. With `since` (ns) it is another program from then on. */
  readonly remember: (pid: number, since?: number) => boolean;
  /** A child has what its parent has. */
  readonly born: (pid: number, parent: number) => void;
  readonly forget: (pid: number) => void;
  /** Adds an event of `length` words; `taken` is given back with the stack that it ends. */
  readonly add: (words: Uint32Array, at: number, length: number, taken: number) => void;
  /** Hands over what was added, now and then. */
  readonly send: () => void;
  /** Resolves when all that was added has been named, or when that takes too long, with whether it was all. */
  readonly finish: () => Promise<boolean>;
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
  const finished = Promise.withResolvers<boolean>();
  let failed = false;
  worker.on('message', (message: FromNamer) => {
    if (message.kind === 'named') onNamed(message.stacks);
    else if (message.kind === 'read') collector.giveBack(message.words);
    else if (message.kind === 'new_keys') onNewKeys();
    else finished.resolve(true);
  });
  // Without names the recording goes on.
  worker.on('error', () => {
    failed = true;
    finished.resolve(false);
  });
  worker.unref();
  const collector = createCollector();
  const post = (message: ToNamer, transfer: ArrayBuffer[] = []) => {
    if (!failed) worker.postMessage(message, transfer);
  };
  let sent = performance.now();
  const sendAll = () => {
    sent = performance.now();
    const events = collector.takeAll();
    if (events !== undefined) post({ kind: 'events', events }, [events.words.buffer]);
  };
  return {
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
    add: collector.add,
    send: () => {
      if (collector.waiting() > GATHER_WORDS || performance.now() - sent > GATHER_MS) sendAll();
    },
    finish: async () => {
      sendAll();
      worker.ref();
      post({ kind: 'finish' });
      const timer = setTimeout(() => finished.resolve(false), PATIENCE_MS);
      const all = await finished.promise;
      clearTimeout(timer);
      await worker.terminate();
      return all;
    },
  };
};
