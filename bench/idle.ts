// What a recorder uses while there is nothing to record: its process sleeps, and others on the host switch 50,000 times a
// second. CPU time of all its threads as the scheduler counts it, its memory, and what its programs in the kernel add to those
// switches, against the same without a recorder, in turns.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirePrivileges } from '../src/capture/capture.ts';
import { type Bench, figureOf, median, rounded } from './figure.ts';
import { inFolder } from './lab.ts';
import { type Child, compile, startChild, victimCpu } from './sched-child.ts';
import { numberOf, numbersOf, parse } from './sched-json.ts';
import { startRecorder } from './sched-tracers.ts';

const SWITCHES_PER_SECOND = 50_000;
const TRIPS = 1000;
const WARMUP = 50;
/** Each trip is two switches from one side to the other. */
const SWITCHES_A_TRIP = 2;
const PERIOD_US = (SWITCHES_A_TRIP * (TRIPS + WARMUP) * 1e6) / SWITCHES_PER_SECOND;
/** Rounds of 42 ms: until everything has settled, and those that are measured. */
const SETTLING = 95;
const ROUNDS = 120;
const TURNS = 3;
/** Of the rounds, ordered by what they took: what other load adds is not in it. */
const FASTEST = 0.05;

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
export const memoryOf = (pid: number): { readonly all: number; readonly own: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { all: mb('VmRSS'), own: mb('RssAnon') };
};

/** What the two that switch made of a stretch: ns of CPU time for one switch, and switches that the kernel counted, a second. */
type Played = { readonly switchNs: number; readonly perSecond: number };

const play = async (pingpong: Child, rounds: number): Promise<Played> => {
  const began = performance.now();
  pingpong.say(`${rounds} ${TRIPS} ${PERIOD_US}`);
  const told = parse(await pingpong.hear('wall'));
  const seconds = (performance.now() - began) / 1000;
  const perRound = numbersOf(told, 'cpu').toSorted((a, b) => a - b);
  return {
    switchNs: (perRound[Math.floor((rounds - 1) * FASTEST)] ?? Number.NaN) / (TRIPS * SWITCHES_A_TRIP),
    perSecond: (numberOf(told, 'voluntary') + numberOf(told, 'involuntary')) / seconds,
  };
};

/** A stretch beside a recorder of another process. */
const playBeside = async (pingpong: Child, sleeper: Child, path: string) => {
  const recorder = await startRecorder(path, sleeper.pid);
  const { pid } = recorder.child;
  await play(pingpong, SETTLING);
  const [began, before] = [performance.now(), cpuOf(pid)];
  const played = await play(pingpong, ROUNDS);
  const cpuPct = ((cpuOf(pid) - before) / 1e6 / (performance.now() - began)) * 100;
  const memory = memoryOf(pid);
  const { lost, events } = await recorder.stop();
  return { ...played, cpuPct, memory, lost, events };
};

const playAlone = async (pingpong: Child): Promise<Played> => {
  await play(pingpong, SETTLING);
  return play(pingpong, ROUNDS);
};

export const idle: Bench = {
  name: 'idle',
  doc: `a recorder whose process sleeps, beside ${SWITCHES_PER_SECOND} switches a second of others; and the same without it`,
  run: () =>
    inFolder(async (folder) => {
      requirePrivileges();
      const { victim, others } = victimCpu();
      const pingpong = startChild(others, compile(folder, 'pingpong'), ['--cpu', victim, '--warmup', String(WARMUP)]);
      const sleeper = startChild(others, 'sleep', ['1000000']);
      try {
        await pingpong.hear('pid');
        const turns: { readonly untraced: Played; readonly recorded: Awaited<ReturnType<typeof playBeside>> }[] = [];
        for (let turn = 0; turn < TURNS; turn++) {
          const beside = () => playBeside(pingpong, sleeper, join(folder, `${turn}.db`));
          const first = turn % 2 === 0 ? await playAlone(pingpong) : undefined;
          const recorded = await beside();
          turns.push({ untraced: first ?? (await playAlone(pingpong)), recorded });
        }
        const recorded = turns.map((turn) => turn.recorded);
        const perSecond = recorded.map((run) => run.perSecond);
        const context = {
          switches_per_s: Math.round(median(perSecond)),
          seconds: rounded((ROUNDS * PERIOD_US) / 1e6),
          events: recorded.reduce((sum, { events }) => sum + events, 0),
          lost: recorded.reduce((sum, { lost }) => sum + lost, 0),
        };
        const added = turns.map((turn) => turn.recorded.switchNs - turn.untraced.switchNs);
        return [
          figureOf(
            'idle_cpu_pct',
            '%',
            { atMost: 1 },
            recorded.map(({ cpuPct }) => cpuPct),
            context,
          ),
          figureOf(
            'idle_kernel_pct',
            '%',
            { atMost: 1 },
            added.map((ns) => (ns * SWITCHES_PER_SECOND) / 1e7),
            {
              switches_per_s: SWITCHES_PER_SECOND,
              added_ns: rounded(median(added)),
              untraced_ns: rounded(median(turns.map(({ untraced }) => untraced.switchNs))),
            },
          ),
          figureOf(
            'idle_rss_mb',
            'MB',
            { atMost: 150 },
            recorded.map(({ memory }) => memory.all),
            { ...context, own_mb: Math.round(median(recorded.map(({ memory }) => memory.own))) },
          ),
          // What all of this stands beside: it must have happened.
          figureOf('idle_switches_per_s', '1/s', { atLeast: 0.98 * SWITCHES_PER_SECOND }, perSecond, {
            asked_for: SWITCHES_PER_SECOND,
          }),
        ];
      } finally {
        await Promise.all([pingpong.stop('SIGKILL'), sleeper.stop('SIGKILL')]);
      }
    }),
};
