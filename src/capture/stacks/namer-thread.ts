// The thread that names stacks: what comes from the recorder is handled in order, and answered in groups.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { events } from '../../catalogue/events.ts';
import { TYPE } from '../event-words.ts';
import { giveMemoryBack } from '../give-memory-back.ts';
import { KEPT_BY_NAMER, prepareThread, settleThread } from '../least-privilege.ts';
import { loadSystem } from '../libbpf.ts';
import { type FromNamer, LEFT, type NamedStack, type ToNamer } from './messages.ts';
import { createNames } from './name-stack.ts';
import { forEachEvent, type RawEvents } from './raw-events.ts';
import { createStackReader, type RawStack } from './read-stack.ts';

type Clock = { readonly high: number; readonly low: number };
/** The least that a thread may ask for. */
const LAST = 19;

type Waiting = { readonly taken: number; readonly stack: RawStack };

const isClock = (value: unknown): value is Clock =>
  typeof value === 'object' && value !== null && 'high' in value && 'low' in value;

const port = parentPort;
const clock: unknown = workerData;
if (port === null || !isClock(clock)) throw new Error('this file runs as a thread of the recorder');

const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
const reader = createStackReader(clock, architecture);

/** Stacks with a code object that has not been told of: it may come by another ring, with the next events. */
let waiting: readonly Waiting[] = [];

const answer = (message: FromNamer) => port.postMessage(message);
/** Not yet answered. */
let named: NamedStack[] = [];
const flush = () => {
  if (named.length > 0) answer({ kind: 'named', stacks: named });
  named = [];
};
const names = createNames(architecture, () => {
  flush();
  answer({ kind: 'new_keys' });
});

// Before there is anything to record: later it would take time from what is traced.
names.prepare();
answer({ kind: 'ready' });
// A name may come later: what is traced goes first. In Linux this is about the calling thread only.
setPriority(0, LAST);

const nameOne = ({ taken, stack }: Waiting) => {
  named.push({ taken, pid: stack.pid, ...names.name(stack) });
  reader.done(stack);
};

/** Code objects first: a stack may have been read before what it needs, which came by another ring. */
const readCodes = (all: RawEvents) =>
  forEachEvent(all, (words, at) => {
    if (words[at + TYPE] === events.python_code.id) names.code(words, at);
    else if (words[at + TYPE] === events.python_table.id) names.table(words, at);
  });

/** Names the stacks that can be named, and gives the others. */
const readStacks = (all: RawEvents): readonly Waiting[] => {
  const late: Waiting[] = [];
  forEachEvent(all, (words, at, taken) => {
    const type = words[at + TYPE];
    if (type === events.stack_memory.id) reader.memory(words, at);
    else if (type === events.python_stack.id) reader.python(words, at);
    else if (type === events.stack.id) {
      const stack = reader.stack(words, at);
      if (names.isReady(stack)) nameOne({ taken, stack });
      else late.push({ taken, stack });
    }
  });
  return late;
};

/** Gives up what this thread does not need, in step with all others. */
const dropPrivileges = (go: Int32Array) => {
  const system = loadSystem();
  prepareThread(system);
  answer({ kind: 'waiting' });
  Atomics.wait(go, 0, 0);
  settleThread(system, KEPT_BY_NAMER, { left: go[0] === LEFT });
};

port.on('message', (message: ToNamer) => {
  switch (message.kind) {
    case 'process':
      return names.remember(message.pid, message.maps, message.since);
    case 'born':
      return names.born(message.pid, message.parent);
    case 'forget':
      return names.forget(message.pid);
    case 'events': {
      readCodes(message.events);
      waiting.forEach(nameOne);
      waiting = readStacks(message.events);
      flush();
      const { words, used } = message.events;
      port.postMessage({ kind: 'read', words, used } satisfies FromNamer, [words.buffer]);
      return;
    }
    case 'renew_keys':
      return names.renewKeys();
    case 'privileges':
      return dropPrivileges(message.go);
    case 'tidy':
      return giveMemoryBack(loadSystem());
    case 'finish':
      // Now it is waited for.
      setPriority(0, 0);
      waiting.forEach(nameOne);
      waiting = [];
      flush();
      answer({ kind: 'done' });
  }
});
