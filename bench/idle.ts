// What a recorder uses while there is nothing to record: its process sleeps, and others on the host switch 50,000 times a
// second. CPU time of all its threads as the scheduler counts it, and its memory.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requirePrivileges } from '../src/capture/capture.ts';
import { type Bench, figureOf } from './figure.ts';
import { inFolder } from './lab.ts';
import { compile, startChild, victimCpu } from './sched-child.ts';
import { startRecorder } from './sched-tracers.ts';

const SWITCHES_PER_SECOND = 50_000;
const TRIPS = 1000;
const WARMUP = 50;
/** Each trip is two switches from one side to the other. */
const PERIOD_US = (2 * (TRIPS + WARMUP) * 1e6) / SWITCHES_PER_SECOND;
const SETTLE_MS = 4000;
const SECONDS = 5;
const RUNS = 3;

/** CPU time of all threads of a process in ns (Documentation/scheduler/sched-stats.rst: the first number of schedstat). */
const cpuOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, tid) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      return sum;
    }
  }, 0);

/** MB of a process: all it has in memory, and what of that is its own. */
const memoryOf = (pid: number): { readonly all: number; readonly own: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { all: mb('VmRSS'), own: mb('RssAnon') };
};

export const idle: Bench = {
  name: 'idle',
  doc: `a recorder whose process sleeps, beside ${SWITCHES_PER_SECOND} switches a second of others`,
  run: () =>
    inFolder(async (folder) => {
      requirePrivileges();
      const { victim, others } = victimCpu();
      const pingpong = startChild(others, compile(folder, 'pingpong'), ['--cpu', victim, '--warmup', String(WARMUP)]);
      const sleeper = startChild(others, 'sleep', ['1000000']);
      try {
        await pingpong.hear('pid');
        const recorder = await startRecorder(join(folder, 'idle.db'), sleeper.pid);
        const { pid } = recorder.child;
        const rounds = Math.ceil(((RUNS * SECONDS + 2) * 1000 + SETTLE_MS) / (PERIOD_US / 1000));
        pingpong.say(`${rounds} ${TRIPS} ${PERIOD_US}`);
        await sleep(SETTLE_MS);
        const shares: number[] = [];
        for (let run = 0; run < RUNS; run++) {
          const [began, before] = [performance.now(), cpuOf(pid)];
          await sleep(SECONDS * 1000);
          shares.push(((cpuOf(pid) - before) / 1e6 / (performance.now() - began)) * 100);
        }
        const memory = memoryOf(pid);
        const { lost, events } = await recorder.stop();
        const context = { switches_per_s: SWITCHES_PER_SECOND, seconds: SECONDS, events, lost };
        return [
          figureOf('idle_cpu_pct', '%', { atMost: 1 }, shares, context),
          figureOf('idle_rss_mb', 'MB', { atMost: 150 }, [memory.all], { ...context, own_mb: Math.round(memory.own) }),
        ];
      } finally {
        await Promise.all([pingpong.stop('SIGKILL'), sleeper.stop('SIGKILL')]);
      }
    }),
};
