// What both watches together cost while a program makes 100,000 system calls and sends 50,000 datagrams a second: against the same
// without them, in turns. The kernel's part is what the bursts of that program take longer; ours is the CPU time of the watcher.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, figureOf } from './figure.ts';
import { compile, startChild, victimCpu } from './sched-child.ts';

const TURNS = 10;
const MILLISECONDS = 3000;
/** A millisecond. */
const CALLS = 100;
const PACKETS = 50;
const MS_NS = 1e6;
/** How long it is listened to alone; and how calm it is before, as a share of a core: what starting it takes is not in the figure. */
const IDLE_MS = 2000;
const CALM = 0.01;
const CALM_MS = 500;
const CALM_TRIES = 20;

type Run = {
  readonly calls_ns: number;
  readonly packets_ns: number;
  readonly cpu_ns: number;
  readonly wall_ns: number;
};

const runVictim = (program: string, cpu: string): Run => {
  const text = execFileSync('taskset', ['-c', cpu, program, String(MILLISECONDS), String(CALLS), String(PACKETS)], {
    encoding: 'utf8',
  });
  const run: Run & { readonly received: number } = JSON.parse(text);
  if (run.received < MILLISECONDS * PACKETS * 0.99) throw new Error(`only ${run.received} datagrams arrived`);
  return run;
};

/** The same under both watches, and the share of a core that the watcher took meanwhile, and before that while nothing of it happened. */
const runWatched = async (program: string, cpu: string, others: string) => {
  const watcher = startChild(others, process.execPath, [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'live-cost-watcher.ts'),
  ]);
  const taken = async () => {
    watcher.say('cpu');
    return Number((await watcher.hear('cpu')).split(' ')[1]);
  };
  await watcher.hear('ready');
  const shareOf = async (ms: number) => {
    const [before, began] = [await taken(), performance.now()];
    await sleep(ms);
    return ((await taken()) - before) / 1000 / (performance.now() - began);
  };
  for (let i = 0; i < CALM_TRIES && (await shareOf(CALM_MS)) > CALM; i++);
  const idle = await shareOf(IDLE_MS);
  const before = await taken();
  const began = performance.now();
  const child = startChild(cpu, program, [String(MILLISECONDS), String(CALLS), String(PACKETS)]);
  const run: Run = JSON.parse(await child.hear('wall_ns'));
  const after = await taken();
  const share = (after - before) / 1000 / (performance.now() - began);
  // Detaching takes the kernel a while: not while the next turn is measured.
  watcher.say('end');
  await watcher.hear('ended');
  await watcher.stop('SIGTERM');
  return { run, share, idle };
};

export const liveCost: Bench = {
  name: 'live-cost',
  doc: 'what both watches cost at 100,000 system calls and 50,000 packets a second, against no watch',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-bench-'));
    const program = compile(folder, 'watched');
    const { victim, others } = victimCpu();
    const calls: number[] = [];
    const packets: number[] = [];
    const watcher: number[] = [];
    const idles: number[] = [];
    let bare: Run | undefined;
    runVictim(program, victim);
    for (let turn = 0; turn < TURNS; turn++) {
      let unwatched: Run | undefined;
      if (turn % 2 === 0) unwatched = runVictim(program, victim);
      const { run, share, idle } = await runWatched(program, victim, others);
      unwatched ??= runVictim(program, victim);
      bare = unwatched;
      calls.push(run.calls_ns - unwatched.calls_ns);
      packets.push(run.packets_ns - unwatched.packets_ns);
      watcher.push(share);
      idles.push(idle);
    }
    rmSync(folder, { recursive: true });
    const percent = (share: number) => share * 100;
    const context = {
      calls_per_second: CALLS * 1000,
      packets_per_second: PACKETS * 1000,
      unwatched_call_ns: Math.round((bare?.calls_ns ?? 0) / CALLS),
      unwatched_packet_ns: Math.round((bare?.packets_ns ?? 0) / PACKETS),
    };
    const kernel = calls.map((ns, i) => percent((ns + (packets[i] ?? 0)) / MS_NS));
    const each = (values: readonly number[], count: number) => values.map((value) => value / count);
    return [
      figureOf(
        'live_cost_percent',
        '% of a core',
        { atMost: 1 },
        kernel.map((one, i) => one + percent(watcher[i] ?? 0)),
        context,
      ),
      figureOf('live_cost_kernel_percent', '% of a core', { atMost: 1 }, kernel, context),
      figureOf('live_cost_watcher_percent', '% of a core', { atMost: 1 }, watcher.map(percent), context),
      figureOf('live_idle_watcher_percent', '% of a core', { atMost: 0.5 }, idles.map(percent), context),
      figureOf('live_cost_call_ns', 'ns', { atMost: 50 }, each(calls, CALLS), context),
      figureOf('live_cost_packet_ns', 'ns', { atMost: 100 }, each(packets, PACKETS), context),
    ];
  },
};
