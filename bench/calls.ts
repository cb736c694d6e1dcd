// What timing calls costs the program that makes them: against probes that do nothing, against bpftrace, and against a tracer as
// it is usually written with libbpf. The tracers come and go in turn, each after an untraced stretch of the same program.
import { requirePrivileges } from '../src/capture/capture.ts';
import { type Condition, conditions, largeBuffer, missing, startTracer } from './calls-tracers.ts';
import { type Beginning, type Mode, type Stretch, startVictim, type Victim } from './calls-victim.ts';
import { type Bench, type Figure, figureOf, type Goal, median, rounded } from './figure.ts';
import { inFolder } from './lab.ts';

const TURNS = Number(process.env.WHYTRACE_TURNS ?? 5);
const MODES: Readonly<Record<Beginning, readonly Mode[]>> = {
  push: ['max', '100k', '10k', '1k', 'training'],
  endbr64: ['short'],
};
/** On a function that begins with `endbr64` only these are compared. */
const COMPARED: Readonly<Record<Beginning, readonly Condition[]>> = {
  push: conditions,
  endbr64: ['bare', 'recorded', 'bpftrace'],
};

/** Where it loses calls, only the stretch is played of which it is asked how many. */
const modesOf = (beginning: Beginning, condition: Condition): readonly Mode[] =>
  condition === 'bpftrace_default' ? MODES[beginning].slice(0, 1) : MODES[beginning];

type Played = { readonly untraced: Stretch; readonly traced: Stretch };
type Run = {
  readonly modes: ReadonlyMap<Mode, Played>;
  /** Of the calls that were made, how many the tracer did not keep, in per cent; undefined where it keeps none. */
  readonly lostPct: number | undefined;
};
/** One turn of all conditions. */
type Turn = ReadonlyMap<Condition, Run>;

const playAll = async (victim: Victim, modes: readonly Mode[]): Promise<ReadonlyMap<Mode, Stretch>> => {
  const played = new Map<Mode, Stretch>();
  for (const mode of modes) played.set(mode, await victim.play(mode));
  return played;
};

const runOne = async (condition: Condition, folder: string, victim: Victim, modes: readonly Mode[]): Promise<Run> => {
  const untraced = await playAll(victim, modes);
  const before = victim.made();
  const tracer = await startTracer(condition, folder, victim);
  const traced = await playAll(victim, modes);
  const made = victim.made() - before;
  const lost = await tracer.stop(made);
  const pairs = modes.flatMap((mode) => {
    const [base, with_] = [untraced.get(mode), traced.get(mode)];
    return base === undefined || with_ === undefined ? [] : [[mode, { untraced: base, traced: with_ }] as const];
  });
  const lostPct = lost === undefined ? undefined : (Math.max(0, lost) * 100) / made;
  return { modes: new Map(pairs), lostPct };
};

const playTurns = async (folder: string, beginning: Beginning, without: readonly Condition[]): Promise<Turn[]> => {
  const victim = await startVictim(folder, beginning);
  const wanted = COMPARED[beginning].filter((condition) => !without.includes(condition));
  const turns: Turn[] = [];
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      const runs = new Map<Condition, Run>();
      for (let i = 0; i < wanted.length; i++) {
        const condition = wanted[(turn + i) % wanted.length];
        if (condition !== undefined)
          runs.set(condition, await runOne(condition, folder, victim, modesOf(beginning, condition)));
      }
      turns.push(runs);
    }
    return turns;
  } finally {
    await victim.stop();
  }
};

/** As a figure is given. */
const typical = (values: readonly number[]): number => rounded(median(values));
const played = (turn: Turn, condition: Condition, mode: Mode): Played | undefined =>
  turn.get(condition)?.modes.get(mode);

/** ns that a call takes longer. */
const addedNs = (turn: Turn, condition: Condition, mode: Mode): number => {
  const run = played(turn, condition, mode);
  return run === undefined ? Number.NaN : (run.traced.cpu - run.untraced.cpu) / run.traced.calls;
};
/** The same of a call that was kept, where some were lost: what they cost is added to it. */
const addedNsOfKept: typeof addedNs = (turn, condition, mode) =>
  addedNs(turn, condition, mode) / (1 - (turn.get(condition)?.lostPct ?? 0) / 100);
/** By how much the same work takes longer, in per cent. */
const slowdownPct = (turn: Turn, condition: Condition, mode: Mode): number => {
  const run = played(turn, condition, mode);
  return run === undefined ? Number.NaN : (run.traced.cpu / run.untraced.cpu - 1) * 100;
};
const known = (values: readonly number[]): readonly number[] => values.filter((value) => !Number.isNaN(value));
const ofEach = (turns: readonly Turn[], value: (turn: Turn) => number): readonly number[] => known(turns.map(value));

/** Medians of all conditions, by name with a unit behind it; those that were not measured are left out. */
const medians = (turns: readonly Turn[], unit: 'ns' | 'pct', value: (turn: Turn, condition: Condition) => number) =>
  Object.fromEntries(
    conditions.flatMap((condition) => {
      const values = ofEach(turns, (turn) => value(turn, condition));
      return values.length === 0 ? [] : [[`${condition}_${unit}`, typical(values)] as const];
    }),
  );

const lostOf = (turns: readonly Turn[]) =>
  Object.fromEntries(
    conditions.flatMap((condition) => {
      const values = known(turns.map((turn) => turn.get(condition)?.lostPct ?? Number.NaN));
      return values.length === 0 ? [] : [[`${condition}_lost_pct`, typical(values)] as const];
    }),
  );

/** What a call cost in the cheapest and in the dearest turn. */
const rangeOf = (turns: readonly Turn[], condition: Condition, mode: Mode): Figure['context'] => {
  const values = ofEach(turns, (turn) => addedNs(turn, condition, mode));
  return values.length === 0
    ? {}
    : { [`${condition}_least_ns`]: Math.min(...values), [`${condition}_most_ns`]: Math.max(...values) };
};

/** Calls a second in the untraced stretches. */
const rateOf = (turns: readonly Turn[], mode: Mode): number =>
  typical(
    turns.flatMap((turn) =>
      [...turn.values()].flatMap(({ modes }) => {
        const run = modes.get(mode);
        return run === undefined ? [] : [(run.untraced.calls * 1e9) / run.untraced.wall];
      }),
    ),
  );

/** None where one of the two was not measured. */
const ratio = (
  figure: string,
  turns: readonly Turn[],
  [over, under]: readonly [Condition, Condition],
  { mode, goal, measure = addedNs }: { mode: Mode; goal?: Goal; measure?: typeof addedNs },
  context: Figure['context'],
): readonly Figure[] => {
  const values = ofEach(turns, (turn) => measure(turn, over, mode) / measure(turn, under, mode));
  return values.length === 0 ? [] : [figureOf(figure, 'ratio', goal, values, context)];
};

const slowdowns = (turns: readonly Turn[], mode: Mode, atMost: number): readonly Figure[] => {
  const context = {
    calls_per_s: rateOf(turns, mode),
    ...medians(turns, 'pct', (turn, one) => slowdownPct(turn, one, mode)),
  };
  return [
    figureOf(
      `victim_slowdown_${mode}_pct`,
      '%',
      { atMost },
      ofEach(turns, (turn) => slowdownPct(turn, 'recorded', mode)),
      context,
    ),
    figureOf(
      `victim_slowdown_${mode}_no_stacks_pct`,
      '%',
      { atMost },
      ofEach(turns, (turn) => slowdownPct(turn, 'no_stacks', mode)),
      { calls_per_s: context.calls_per_s },
    ),
  ];
};

/** The victim's time for the same work. */
const timeOf = (turn: Turn, condition: Condition, mode: Mode): number =>
  played(turn, condition, mode)?.traced.cpu ?? Number.NaN;

const pushFigures = (turns: readonly Turn[]): readonly Figure[] => {
  const costs = { ...medians(turns, 'ns', (turn, one) => addedNs(turn, one, 'max')), ...lostOf(turns) };
  const atMost = (limit: number): Goal => ({ atMost: limit });
  return [
    ...ratio('call_cost_vs_bare', turns, ['recorded', 'bare'], { mode: 'max', goal: atMost(1.5) }, costs),
    ...ratio('call_cost_no_stacks_vs_bare', turns, ['no_stacks', 'bare'], { mode: 'max', goal: atMost(1.5) }, {}),
    ...ratio(
      'call_cost_vs_bpftrace',
      turns,
      ['recorded', 'bpftrace'],
      { mode: 'max', goal: atMost(0.5) },
      { ...costs, ...rangeOf(turns, 'bpftrace', 'max'), bpftrace_buffer_mib: largeBuffer() / 2 ** 20 },
    ),
    ...ratio(
      'call_cost_100k_vs_bpftrace',
      turns,
      ['recorded', 'bpftrace'],
      { mode: '100k', goal: atMost(0.5) },
      {
        calls_per_s: rateOf(turns, '100k'),
        ...medians(turns, 'ns', (turn, one) => addedNs(turn, one, '100k')),
        ...rangeOf(turns, 'bpftrace', '100k'),
      },
    ),
    ...ratio('call_cost_bare_vs_bpftrace', turns, ['bare', 'bpftrace'], { mode: 'max' }, {}),
    ...ratio(
      'call_cost_vs_bpftrace_default_buffers',
      turns,
      ['recorded', 'bpftrace_default'],
      { mode: 'max', measure: addedNsOfKept },
      lostOf(turns),
    ),
    ...ratio(
      'call_cost_made_vs_bpftrace_default_buffers',
      turns,
      ['recorded', 'bpftrace_default'],
      { mode: 'max' },
      lostOf(turns),
    ),
    ...ratio('call_cost_vs_plain_libbpf', turns, ['recorded', 'plain'], { mode: 'max', goal: atMost(1) }, costs),
    ...slowdowns(turns, '1k', 1),
    ...slowdowns(turns, '10k', 1),
    ...slowdowns(turns, '100k', 15),
    ...slowdowns(turns, 'training', 2),
    ...(['100k', 'max'] as const).flatMap((mode) =>
      ratio(
        `victim_slowdown_${mode}_vs_bare`,
        turns,
        ['recorded', 'bare'],
        { mode, goal: atMost(mode === 'max' ? 1.5 : 1.1), measure: timeOf },
        {
          untraced_calls_per_s: rateOf(turns, mode),
          recorded_calls_per_s: typical(ofEach(turns, (turn) => callsPerS(turn, 'recorded', mode))),
          bare_calls_per_s: typical(ofEach(turns, (turn) => callsPerS(turn, 'bare', mode))),
        },
      ),
    ),
  ];
};

/** Calls a second while it is traced. */
const callsPerS = (turn: Turn, condition: Condition, mode: Mode): number => {
  const run = played(turn, condition, mode);
  return run === undefined ? Number.NaN : (run.traced.calls * 1e9) / run.traced.wall;
};

const endbrFigures = (turns: readonly Turn[]): readonly Figure[] => {
  const costs = { ...medians(turns, 'ns', (turn, one) => addedNs(turn, one, 'short')), ...lostOf(turns) };
  return ratio(
    'call_cost_endbr64_vs_bpftrace',
    turns,
    ['recorded', 'bpftrace'],
    { mode: 'short', goal: { atMost: 0.1 } },
    costs,
  );
};

export const calls: Bench = {
  name: 'calls',
  doc: 'what timing calls costs the program that makes them',
  run: () =>
    inFolder(async (folder) => {
      requirePrivileges();
      const without = conditions.filter((condition) => {
        const why = missing[condition]();
        if (why !== undefined) process.stderr.write(`bench: calls: ${condition} is not compared: ${why}\n`);
        return why !== undefined;
      });
      const push = await playTurns(folder, 'push', without);
      const endbr64 = process.arch === 'x64' ? await playTurns(folder, 'endbr64', without) : [];
      return [...pushFigures(push), ...endbrFigures(endbr64)];
    }),
};
