// The calls of a made-up host as the kernel side writes them: of a few kinds, with arguments that mostly come again, as those of a
// program do that runs the same kernels on the same buffers in each step. Must not know what reads them.
import { eventWords, PID, TID, TYPE } from '../src/capture/event-words.ts';
import { calls as catalogue } from '../src/catalogue/calls.ts';
import { planOf } from '../src/catalogue/derive/call-plan.ts';
import { layoutOf } from '../src/catalogue/derive/layout.ts';
import { events } from '../src/catalogue/events.ts';
import type { Task } from './scale-switches.ts';

const OPS = ['cudaLaunchKernel', 'cudaEventQuery', 'cudaMemcpyAsync', 'cudaStreamSynchronize'];
/** Of a ring's record before the event: struct bpf_ringbuf_hdr. */
const HEADER_WORDS = 2;
const EVENT_BYTES = layoutOf(events.call.fields).size;
/** Different first arguments (a kernel, a buffer, a stream): 40 of each of 20 programs; and different others (a size, a grid). */
const FIRST_ARGUMENTS = 800;
const OTHER_ARGUMENTS = 2;
/** One call in so many has a first argument that no other has. */
const NEW_ARGUMENT = 50;
const DURATION = { least: 1000, more: 50_000 } as const;

const word = eventWords.call;
const E = {
  cpu: word('cpu'),
  start: word('start'),
  duration: word('duration'),
  kept: word('kept'),
  op: word('op'),
} as const;

const wide = (into: Uint32Array, at: number, value: number) => {
  into[at] = value % 0x1_0000_0000;
  into[at + 1] = Math.floor(value / 0x1_0000_0000);
};

/** Returns what a call of a thread, entered at a time in ns of CLOCK_MONOTONIC, puts into the ring: until the next one. */
export const createCalls = (random: () => number): ((thread: Task, cpu: number, time: number) => Buffer) => {
  const kinds = catalogue
    .filter(({ op }) => OPS.includes(op))
    .map((call) => ({ id: call.id, kept: planOf(call).words.length }));
  const event = new Uint32Array(HEADER_WORDS + Math.ceil(EVENT_BYTES / 8) * 2);
  const bytes = Buffer.from(event.buffer);
  let fresh = 0;
  return ({ pid, tid }, cpu, time) => {
    const kind = kinds[random() % kinds.length];
    event.fill(0);
    event[0] = EVENT_BYTES;
    const at = HEADER_WORDS;
    event[at + TYPE] = events.call.id;
    event[at + E.cpu] = cpu;
    event[at + PID] = pid;
    event[at + TID] = tid;
    wide(event, at + E.start, time);
    wide(event, at + E.duration, DURATION.least + (random() % DURATION.more));
    const first =
      random() % NEW_ARGUMENT === 0
        ? 0x7e00_0000_0000 + fresh++ * 256
        : 0x7f00_0000_0000 + (random() % FIRST_ARGUMENTS) * 64;
    for (let i = 0; i < (kind?.kept ?? 0); i++)
      wide(event, at + E.kept + 2 * i, i === 0 ? first : i === 1 ? 256 << (random() % OTHER_ARGUMENTS) : 7 + i);
    event[at + E.op] = kind?.id ?? 0;
    return bytes;
  };
};
