// Events as they come out of the rings, with any content: they become rows, and the recording that comes of them can be read.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causalChains } from '../../src/analysis/chains.ts';
import { traceStats } from '../../src/analysis/stats.ts';
import { TYPE } from '../../src/capture/event-words.ts';
import type { EventHandler } from '../../src/capture/ring.ts';
import type { Namer } from '../../src/capture/stacks/namer.ts';
import { createStackReader } from '../../src/capture/stacks/read-stack.ts';
import { layoutOf } from '../../src/catalogue/derive/layout.ts';
import { type EventName, events as kinds } from '../../src/catalogue/events.ts';
import { createCallEvents } from '../../src/record/call-events.ts';
import { intervalOfEvent, intervalOfRecord } from '../../src/record/interval.ts';
import { createNoteEvents } from '../../src/record/note-events.ts';
import { createStackEvents } from '../../src/record/stack-events.ts';
import { createThreads } from '../../src/record/threads.ts';
import { openRecording } from '../../src/store/open-recording.ts';
import { RecordingWriter } from '../../src/store/writer.ts';
import { refusing, type Target } from '../target.ts';

/** Inputs that go into one recording: with one each, an input alone shows what it does. */
const EACH = 1;
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

const read = (path: string): void => {
  const recording = openRecording(path);
  try {
    refusing(() => traceStats(recording));
    refusing(() => causalChains(recording, { top: 3 }));
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
    let recorded: Recorded | undefined;
    const pathOf = (number: number) => join(folder, `${number}.db`);
    return {
      seeds: (['call', 'scope', 'moment', 'off_cpu', 'stack', 'stack_memory', 'python_stack'] as const).map(plain),
      check: (input) => {
        const path = pathOf(Math.floor(count / EACH));
        recorded ??= begin(path);
        const { writer, handlers } = recorded;
        const words = new Uint32Array(Math.max(1024, Math.ceil(input.length / 4)));
        for (let i = 0; i + 4 <= input.length; i += 4) words[i / 4] = input.readUInt32LE(i);
        for (let at = 0; at < Math.min(words.length, 64); at += 16) handlers.get(words[at + TYPE] ?? 0)?.(words, at);
        writer.commit(count * 1e6);
        if (++count % EACH !== 0) return;
        writer.close(count * 1e6);
        recorded = undefined;
        read(path);
        rmSync(path, { force: true });
      },
      close: () => {
        recorded?.writer.abandon();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};
