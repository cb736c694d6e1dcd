// Events as they come out of the rings, with any content: they become rows, and the recording that comes of them can be read.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causalChains } from '../../src/analysis/chains.ts';
import { traceStats } from '../../src/analysis/stats.ts';
import { eventWords, TYPE } from '../../src/capture/event-words.ts';
import type { EventHandler } from '../../src/capture/ring.ts';
import type { Namer } from '../../src/capture/stacks/namer.ts';
import { createStackReader } from '../../src/capture/stacks/read-stack.ts';
import { calls } from '../../src/catalogue/calls.ts';
import { layoutOf } from '../../src/catalogue/derive/layout.ts';
import { type EventName, events as kinds } from '../../src/catalogue/events.ts';
import { createCallEvents } from '../../src/record/call-events.ts';
import { intervalOfEvent, intervalOfRecord } from '../../src/record/interval.ts';
import { createNoteEvents } from '../../src/record/note-events.ts';
import { createStackEvents } from '../../src/record/stack-events.ts';
import { createThreads } from '../../src/record/threads.ts';
import { openRecording } from '../../src/store/open-recording.ts';
import { RecordingWriter } from '../../src/store/writer.ts';
import { holds, refusing, type Target } from '../target.ts';

const clock = { high: 0, low: 0, monotonicStart: '0', unixStart: '0', now: () => 1e9 };
const namer: Namer = {
  ready: Promise.resolve(),
  remember: () => true,
  born: () => {},
  forget: () => {},
  renewKeys: () => {},
  behind: () => 0,
  add: () => {},
  send: () => {},
  dropPrivileges: async () => {},
  tidy: () => {},
  finish: async () => 0,
};

/** An event of a kind with small numbers in it. */
const plain = (name: EventName): Buffer => {
  const { size } = layoutOf(kinds[name].fields);
  const words = Uint32Array.from({ length: Math.ceil(size / 4) }, (_, i) => (i % 2 === 0 ? i + 1 : 0));
  words[TYPE] = kinds[name].id;
  return Buffer.from(words.buffer);
};

type Recorded = { readonly writer: RecordingWriter; readonly handlers: ReadonlyMap<number, EventHandler> };

const begin = (path: string): Recorded => {
  const writer = new RecordingWriter(path, { recorder_pid: 0, host: 'fuzz' });
  const threads = createThreads(writer, () => {});
  const stacks = createStackEvents({ writer: writer.stacks, namer, threads, clock });
  const notes = createNoteEvents({ writer: writer.waits, threads, clock });
  const reader = createStackReader(clock, 'x64');
  return {
    writer,
    handlers: new Map<number, EventHandler>([
      ...stacks.handlers,
      [kinds.call.id, createCallEvents({ writer, threads, clock, stackOf: stacks.ofCall })],
      [kinds.scope.id, notes.scope],
      [kinds.moment.id, notes.moment],
      [kinds.off_cpu.id, (words, at) => void [intervalOfEvent(words, at, clock), intervalOfRecord(words, at, clock)]],
      [kinds.stack_memory.id, (words, at) => reader.memory(words, at)],
      [kinds.python_stack.id, (words, at) => reader.python(words, at)],
    ]),
  };
};

/** The totals of a recording, by operation; undefined when it refuses to tell. */
const read = (path: string) => {
  const recording = openRecording(path);
  try {
    refusing(() => causalChains(recording, { top: 3 }));
    return refusing(() => traceStats(recording));
  } finally {
    recording.close();
  }
};

export const events: Target = {
  name: 'events',
  doc: 'events from the rings with any content, and the recording that comes of them',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-fuzz-'));
    let count = 0;
    /** One recording of these events: an input alone shows what it does. */
    const recordAndRead = (input: Buffer) => {
      const path = join(folder, `${++count}.db`);
      const { writer, handlers } = begin(path);
      try {
        const words = new Uint32Array(Math.max(1024, Math.ceil(input.length / 4)));
        for (let i = 0; i + 4 <= input.length; i += 4) words[i / 4] = input.readUInt32LE(i);
        for (let at = 0; at < Math.min(words.length, 64); at += 16) handlers.get(words[at + TYPE] ?? 0)?.(words, at);
        writer.commit(count * 1e6);
      } finally {
        writer.close(count * 1e6);
      }
      const found = read(path);
      rmSync(path, { force: true });
      return found;
    };
    return {
      seeds: (['call', 'scope', 'moment', 'off_cpu', 'stack', 'stack_memory', 'python_stack'] as const).map(plain),
      sound: () => {
        const call = plain('call');
        call.writeUInt32LE(calls.find(({ op }) => op === 'cudaMalloc')?.id ?? 0, 4 * eventWords.call('op'));
        const [operation, ...others] = recordAndRead(call)?.ops ?? [];
        holds('one call', operation?.op === 'cudaMalloc' && operation.count === 1 && others.length === 0);
      },
      check: (input) => void recordAndRead(input),
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
