// What a switch and a wake-up cost the two sides of a ping-pong on one CPU: untraced, recorded, beside a recording of
// something else, under bpftrace, and under programs that do nothing. One pair of programs lives through all of it; the tracers come and go in turn, in
// another order each time, so that what else the machine does falls on all alike.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRecording } from '../src/store/open-recording.ts';
import { number } from '../src/store/row.ts';
import { type Child, compile, startChild, victimCpu } from './sched-child.ts';
import { foreignTracers } from './sched-foreign.ts';
import { numberOf, numbersOf, parse } from './sched-json.ts';
import { startBpftrace, startEmpty, startRecorder } from './sched-tracers.ts';

const ROUNDS = 500;
const TRIPS = 200;
const WARMUP = 20;
const PAIRS_PER_TRIP = 2;
/** One round each period: at this pace the two sides make so many switches a second. */
export const SWITCHES_PER_SECOND = 100_000;
const PERIOD_US = (PAIRS_PER_TRIP * (TRIPS + WARMUP) * 1e6) / SWITCHES_PER_SECOND;
const SETTLING = 25;
const SWITCHES = (SETTLING + ROUNDS) * PAIRS_PER_TRIP * (TRIPS + WARMUP);
/** How often to look again while another tracer is there, before going on all the same. */
const LOOKS = 40;

export const conditions = ['untraced', 'empty', 'other', 'recorded', 'bpftrace'] as const;
export type Condition = (typeof conditions)[number];

/** One stretch of rounds. Times in ns for one switch and one wake-up. */
export type Stretch = {
  /** CPU time that all but the fastest twentieth of the rounds exceed: what other load adds is not in it. */
  readonly low: number;
  /** CPU time of the round in the middle. */
  readonly middle: number;
  /** By the clock, again the fastest twentieth. */
  readonly clock: number;
  /** Switches in which a side left its CPU by itself and was woken later, per cent: each of these is a whole pair. */
  readonly wokenPct: number;
  /** What the recorder used of one core in this stretch, its end included, in per cent. */
  readonly recorderPct: number;
  readonly lost: number;
  /** Intervals of the two sides in the recording, per cent of the switches that they made. */
  readonly keptPct: number;
  readonly foreign: number;
};
/** One turn of all conditions. */
export type Turn = Readonly<Partial<Record<Condition, Stretch>>>;

const at = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;

const play = async (pingpong: Child): Promise<Pick<Stretch, 'low' | 'middle' | 'clock' | 'wokenPct'>> => {
  // The first rounds after a pause are slower.
  pingpong.say(`${SETTLING} ${TRIPS} ${PERIOD_US}`);
  await pingpong.hear('wall');
  pingpong.say(`${ROUNDS} ${TRIPS} ${PERIOD_US}`);
  const line = parse(await pingpong.hear('wall'));
  const perPair = (name: string) => numbersOf(line, name).map((ns) => ns / (TRIPS * PAIRS_PER_TRIP));
  const voluntary = numberOf(line, 'voluntary');
  const wokenPct = (voluntary * 100) / (voluntary + numberOf(line, 'involuntary'));
  return { wokenPct, low: at(perPair('cpu'), 0.05), middle: at(perPair('cpu'), 0.5), clock: at(perPair('wall'), 0.05) };
};

/** Plays once no other tracer is there, as far as that can be had, and says how many were there before or after. */
const playAlone = async (pingpong: Child, own: readonly number[], begin = () => {}) => {
  for (let look = 1; look < LOOKS && foreignTracers(own).length > 0; look++) await sleep(500);
  const before = foreignTracers(own).length;
  begin();
  const played = await play(pingpong);
  return { ...played, foreign: Math.max(before, foreignTracers(own).length) };
};

const intervals = (path: string): number => {
  const recording = openRecording(path);
  const row = recording.database.prepare("SELECT count(*) AS n FROM waits WHERE comm = 'pingpong'").get();
  recording.close();
  return row === undefined ? 0 : number(row, 'n');
};

const stretch = async (condition: Condition, folder: string, pingpong: Child, idle: Child): Promise<Stretch> => {
  const none = { recorderPct: 0, lost: 0, keptPct: 0 };
  if (condition === 'untraced') return { ...none, ...(await playAlone(pingpong, [])) };
  if (condition === 'empty') {
    const tracer = await startEmpty(folder);
    const played = await playAlone(pingpong, [tracer.pid]);
    await tracer.stop('SIGTERM');
    return { ...none, ...played };
  }
  if (condition === 'bpftrace') {
    const bpftrace = await startBpftrace('offcpu');
    const played = await playAlone(pingpong, [bpftrace.child.pid]);
    await bpftrace.stop();
    return { ...none, ...played };
  }
  const path = join(folder, 'pairs.db');
  const recorder = await startRecorder(path, condition === 'recorded' ? pingpong.pid : idle.pid);
  const played = await playAlone(pingpong, [recorder.child.pid], recorder.mark);
  const { cpuUs, lost } = await recorder.stop();
  return {
    ...played,
    recorderPct: (cpuUs * SWITCHES_PER_SECOND) / SWITCHES / 1e4,
    lost,
    keptPct: (intervals(path) * 100) / SWITCHES,
  };
};

const isAlone = (turn: Turn): boolean => Object.values(turn).every(({ foreign }) => foreign === 0);

/**
 * Measures all conditions in so many turns. Turns that had another tracer on the machine are made again, up to as many;
 * when fewer than half of all were without one, all turns count.
 */
export const playPairs = async (
  folder: string,
  {
    turns,
    processes,
    without,
  }: { readonly turns: number; readonly processes: boolean; readonly without: readonly Condition[] },
): Promise<readonly Turn[]> => {
  const { victim, others } = victimCpu();
  const pingpong = startChild(others, compile(folder, 'pingpong'), [
    ...['--cpu', victim, '--warmup', String(WARMUP)],
    ...(processes ? ['--processes'] : []),
  ]);
  const idle = startChild(others, 'sleep', ['1000000']);
  try {
    await pingpong.hear('pid');
    const wanted = conditions.filter((condition) => !without.includes(condition));
    const played: Turn[] = [];
    for (let turn = 0; turn < 2 * turns && played.filter(isAlone).length < turns; turn++) {
      const all: Partial<Record<Condition, Stretch>> = {};
      for (let i = 0; i < wanted.length; i++) {
        const condition = wanted[(turn + i) % wanted.length];
        if (condition !== undefined) all[condition] = await stretch(condition, folder, pingpong, idle);
      }
      played.push(all);
    }
    const alone = played.filter(isAlone);
    return 2 * alone.length >= turns ? alone : played;
  } finally {
    await Promise.all([pingpong.stop('SIGKILL'), idle.stop('SIGKILL')]);
  }
};
