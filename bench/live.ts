// What a subscription costs the program whose events it sees, filtered out and delivered; how soon it stands; how soon an
// event reaches a reader that waits.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClock } from '../src/capture/clock.ts';
import { loadLibbpf, loadSystem } from '../src/capture/libbpf.ts';
import { createAssembler } from '../src/capture/live/assembler.ts';
import { openTap } from '../src/capture/live/tap.ts';
import { tracepointAttributes } from '../src/capture/live/tracepoint-attributes.ts';
import { openDesk } from '../src/live/desk.ts';
import { type Bench, figureOf, median } from './figure.ts';
import { compile } from './sched-child.ts';

const TURNS = 5;
const STRETCHES = 60;
const CALLS = 20_000;
const EVENTS = 200;

const EVENT = 'task:task_rename';
const conditions = {
  untraced: undefined,
  /** A program that does nothing at the same tracepoint: what the kernel takes for it. */
  empty: 'empty',
  filtered_1: { where: 'newcomm == "none"', rate: 5000 },
  filtered_4: {
    where: 'oom_score_adj < 5000 and oom_score_adj > -5000 and current.uid >= 0 and newcomm == "none"',
    rate: 5000,
  },
  limited: { where: 'oom_score_adj < 5000', rate: 1 },
  delivered: { where: 'oom_score_adj < 5000', rate: 1_000_000_000 },
} as const;
type Condition = keyof typeof conditions;

/** ns of one call that all but the fastest tenth of the stretches exceed: what other load adds is not in it. */
const costOf = (program: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, [String(STRETCHES), String(CALLS)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', reject);
    child.on('close', () => {
      const order = text
        .trim()
        .split('\n')
        .map(Number)
        .sort((a, b) => a - b);
      resolve(order[Math.floor(order.length / 10)] ?? Number.NaN);
    });
  });

/** Attaches a program that does nothing to a tracepoint; the function detaches it. */
const attachEmpty = (id: number): (() => void) => {
  const bpf = loadLibbpf();
  const nothing = createAssembler();
  nothing.number(0, 0);
  nothing.exit();
  const program = bpf.loadTracepointProgram('whytrace_empty', nothing.bytes());
  const perf = loadSystem().openPerfEvent(tracepointAttributes(id), 0);
  const link = bpf.linkPerfEvent(program, perf);
  if (link < 0) throw new Error('the empty program cannot be attached');
  return () => {
    for (const fd of [link, perf, program]) closeSync(fd);
  };
};

const costs = async (program: string): Promise<Record<Condition, number[]>> => {
  const found: Record<Condition, number[]> = {
    untraced: [],
    empty: [],
    filtered_1: [],
    filtered_4: [],
    limited: [],
    delivered: [],
  };
  const names: Condition[] = ['untraced', 'empty', 'filtered_1', 'filtered_4', 'limited', 'delivered'];
  for (let turn = 0; turn < TURNS; turn++)
    for (const name of turn % 2 === 0 ? names : [...names].reverse()) {
      const condition = conditions[name];
      const tap = openTap(startClock());
      const detach = condition === 'empty' ? attachEmpty(tap.inventory.format('task', 'task_rename').id) : undefined;
      try {
        if (condition !== undefined && condition !== 'empty')
          tap.subscribe(
            `${EVENT} where ${condition.where}`,
            { sample: 1, rate: condition.rate, wake: false },
            () => {},
          );
        found[name].push(await costOf(program));
      } finally {
        detach?.();
        await tap.stop();
      }
    }
  return found;
};

/** ms from a request to its subscription, and from an event to the answer of the reader that waits for it. */
const delays = async (): Promise<{ readonly subscribe: number[]; readonly answer: number[] }> => {
  const clock = startClock();
  const desk = openDesk(clock);
  const subscribe: number[] = [];
  const answer: number[] = [];
  try {
    for (let i = 0; i < 20; i++) {
      const began = performance.now();
      const { id } = await desk.subscribe({ expression: `${EVENT} where newcomm == "bench"` });
      subscribe.push(performance.now() - began);
      await desk.unsubscribe(id);
    }
    const { id } = await desk.subscribe({ expression: 'syscalls:sys_enter_chdir where filename == "/usr/lib"' });
    const child = spawn('/bin/sh', [
      '-c',
      `i=0; while [ $i -lt ${EVENTS} ]; do cd /usr/lib; sleep 0.01; i=$((i+1)); done`,
    ]);
    const ended = new Promise((resolve) => {
      child.on('close', resolve);
    });
    let cursor: string | undefined;
    for (let i = 0; i < EVENTS; i++) {
      const { events, cursor: next } = await desk.watch({ id, cursor, count: 1, waitMs: 5000 });
      cursor = next;
      const [event] = events;
      if (event !== undefined) answer.push((clock.now() - event.time) / 1e6);
    }
    await ended;
  } finally {
    await desk.stop();
  }
  return { subscribe, answer };
};

const p95 = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN;

export const live: Bench = {
  name: 'live',
  doc: 'what a subscription to a tracepoint costs, and how soon its events arrive',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-bench-'));
    const program = compile(folder, 'live-victim');
    const found = await costs(program);
    const beyond = (name: Condition, base: Condition) =>
      found[name].map((cost, i) => cost - (found[base][i] ?? Number.NaN));
    const over = (name: Condition) => beyond(name, 'untraced');
    rmSync(folder, { recursive: true });
    const { subscribe, answer } = await delays();
    const context = { event: EVENT, untraced_ns: Math.round(median(found.untraced)) };
    return [
      figureOf('live_filtered_ns', 'ns', { atMost: 50 }, over('filtered_1'), context),
      figureOf('live_filtered_4_tests_ns', 'ns', { atMost: 50 }, over('filtered_4'), context),
      figureOf('live_limited_ns', 'ns', { atMost: 150 }, over('limited'), context),
      figureOf('live_delivered_ns', 'ns', { atMost: 150 }, over('delivered'), context),
      // What the kernel takes for any program at this place is not ours to change: the rest is.
      figureOf('live_empty_program_ns', 'ns', { atMost: 50 }, over('empty'), context),
      figureOf('live_filtered_over_empty_ns', 'ns', { atMost: 50 }, beyond('filtered_1', 'empty'), context),
      figureOf('live_delivered_over_empty_ns', 'ns', { atMost: 150 }, beyond('delivered', 'empty'), context),
      figureOf('live_subscribe_ms', 'ms', { atMost: 50 }, subscribe),
      figureOf('live_event_to_answer_p95_ms', 'ms', { atMost: 50 }, [p95(answer)], { events: answer.length }),
    ];
  },
};
