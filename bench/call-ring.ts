// A ring full of call events as the kernel side writes them, made here: so that the way from the ring to the file is measured
// without a program that makes the calls. The mix of calls is that of the workload `storm`: of 16 calls of the runtime 9
// queries, 5 launches and 2 copies, of which launches and copies contain a call of the driver.
import { eventWords, PID, TID, TYPE } from '../src/capture/event-words.ts';
import { type Ring, ringOver } from '../src/capture/ring.ts';
import { calls } from '../src/catalogue/calls.ts';
import { layoutOf } from '../src/catalogue/derive/layout.ts';
import { events, KEPT_WORDS } from '../src/catalogue/events.ts';

const SIZE = 1 << 24;
const HEADER = 8;
const DISCARDED = 0x4000_0000;
const EVENT = layoutOf(events.call.fields).size;
const RECORD = (EVENT + HEADER + 7) & ~7;
const FUNCTIONS = 24;
/** From the end of one call to the begin of the next, of the same thread. */
const PAUSE_NS = 1500;

const START = eventWords.call('start');
const DURATION = eventWords.call('duration');
const KEPT = eventWords.call('kept');
const OP = eventWords.call('op');

const idOf = (op: string): number => {
  const found = calls.find((call) => call.op === op);
  if (found === undefined) throw new Error(`no call ${op} in the catalogue`);
  return found.id;
};

type Kind = { readonly outer: number; readonly inner?: number };
const QUERY: Kind = { outer: idOf('cudaEventQuery') };
const LAUNCH: Kind = { outer: idOf('cudaLaunchKernel'), inner: idOf('cuLaunchKernel') };
const COPY: Kind = { outer: idOf('cudaMemcpyAsync'), inner: idOf('cuMemcpyHtoDAsync') };
const MIX = [
  QUERY,
  LAUNCH,
  QUERY,
  QUERY,
  LAUNCH,
  QUERY,
  COPY,
  QUERY,
  LAUNCH,
  QUERY,
  QUERY,
  LAUNCH,
  QUERY,
  COPY,
  LAUNCH,
  QUERY,
];

export const PROCESS = { pid: 4_000_001, comm: 'python3', tids: [4_000_001, 4_000_002, 4_000_003, 4_000_004] } as const;

/** A ring whose events are made anew, as if later, with each `refill`. */
export type CallRing = {
  readonly ring: Ring;
  /** Events of one filling. */
  readonly events: number;
  /** Fills it; returns the time of the last event, in ns. */
  readonly refill: () => number;
};

export const createCallRing = (): CallRing => {
  const words = new Uint32Array((2 * SIZE) / 4);
  const producer = new BigInt64Array(1);
  const ring = ringOver({ size: SIZE, consumer: new BigInt64Array(1), producer, words });
  const count = Math.floor(SIZE / RECORD) - 1;
  const wide = (at: number, value: number) => {
    words[at] = value >>> 0;
    words[at + 1] = Math.floor(value / 0x1_0000_0000);
  };

  /** An event of a call at the n-th place. */
  const put = (n: number, tid: number, op: number, depth: number, duration: number) => {
    const at = (n * RECORD) / 4;
    words[at] = EVENT;
    const from = at + HEADER / 4;
    words[from + TYPE] = events.call.id;
    words[from + PID] = PROCESS.pid;
    words[from + TID] = tid;
    wide(from + DURATION, duration);
    // Which function, or how many bytes; the others are alike for all calls of one kind.
    wide(from + KEPT, 0x7f00_0000_0000 + (n % FUNCTIONS) * 0x40);
    for (let i = 1; i < KEPT_WORDS; i++) wide(from + KEPT + 2 * i, i * 32 + op);
    words[from + OP] = (op | (depth << 16)) >>> 0;
  };

  const durations = new Float64Array(count);
  let made = 0;
  for (let i = 0; made < count - 1; i++) {
    const { outer, inner } = MIX[i % MIX.length] ?? QUERY;
    const tid = PROCESS.tids[i % PROCESS.tids.length] ?? PROCESS.pid;
    // Most take about a microsecond or two, one in 500 a hundred times as long.
    const duration = (600 + ((i * 7919) % 2400)) * (i % 500 === 0 ? 100 : 1);
    if (inner !== undefined) {
      durations[made] = duration;
      put(made++, tid, inner, 1, duration);
    }
    durations[made] = duration + 300;
    put(made++, tid, outer, 0, duration + 300);
  }
  // What is left of the ring is one record that nobody shall read.
  words[(made * RECORD) / 4] = (SIZE - made * RECORD - HEADER) | DISCARDED;

  let now = 1e9;
  return {
    ring,
    events: made,
    refill: () => {
      for (let n = 0; n < made; n++) {
        const from = (n * RECORD + HEADER) / 4;
        wide(from + START, now);
        now += (durations[n] ?? 0) / PROCESS.tids.length + PAUSE_NS / PROCESS.tids.length;
        now = Math.round(now);
      }
      producer[0] = (producer[0] ?? 0n) + BigInt(SIZE);
      return now;
    },
  };
};
