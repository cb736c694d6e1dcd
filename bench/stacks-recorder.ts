// Records one command as `whytrace record` does, with so many samples a second, in a process of its own, and says what that cost:
// the time that the programs of the kernel side ran (kept by the kernel where kernel.bpf_stats_enabled is 1), and its own CPU time.
// Arguments: HZ FILE COMMAND...; prints one JSON line.
import { readdirSync, readFileSync } from 'node:fs';
import { runRecording } from '../src/record/run.ts';
import { asTheCommand } from './as-the-command.ts';

process.env.UV_THREADPOOL_SIZE = '64';

/** BPF_PROG_TYPE_* of linux/bpf.h. */
const TYPES: Readonly<Record<string, string>> = { 2: 'probes', 7: 'ticks', 26: 'switches' };

export type Ran = { ns: number; count: number };

/** How long programs of each type that this process holds have run, and how often. */
const ranUntilNow = (): Record<string, Ran> => {
  const sums: Record<string, Ran> = {};
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    let info = '';
    try {
      info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    } catch {
      continue;
    }
    const get = (name: string) => new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(info)?.[1];
    const type = TYPES[get('prog_type') ?? ''];
    if (type === undefined) continue;
    sums[type] ??= { ns: 0, count: 0 };
    const sum = sums[type];
    sum.ns += Number(get('run_time_ns') ?? 0);
    sum.count += Number(get('run_cnt') ?? 0);
  }
  return sums;
};

const [hz = '99', path = '', ...command] = process.argv.slice(2);
let cpu = process.cpuUsage();
let began = performance.now();
let seen = { cpu_us: 0, wall_ms: 0, ran: {} };
const ended = () => {
  const used = process.cpuUsage(cpu);
  seen = { cpu_us: used.user + used.system, wall_ms: performance.now() - began, ran: ranUntilNow() };
};
const { session } = await runRecording({
  path,
  ...asTheCommand(path),
  duration: undefined,
  sampleHz: Number(hz),
  mute: true,
  selection: { pids: [], comms: [], cgroups: [], all: false, command },
  onReady: ({ processes }) => {
    cpu = process.cpuUsage();
    began = performance.now();
    // The end of a recording is not part of what it costs while it runs.
    const timer = setInterval(() => {
      if (processes.tracked().length > 0) ended();
      else clearInterval(timer);
    }, 500);
  },
  onInterrupt: () => {},
});
const { events, lost } = session.progress();
process.stdout.write(`${JSON.stringify({ ...seen, events, lost })}\n`);
