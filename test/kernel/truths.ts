// What the programs truth-*.c say of themselves, held against a recording of them. Knows their lines, the views and one
// tolerance; nothing of how a recording is made. Times of a phase are ns since the recording began.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf } from '../../src/base/errors.ts';
import { maybeNumber, number, type Row, text } from '../../src/store/row.ts';
import { here, type Owner, type Recorded, record, type Seen } from './recorder.ts';
import { SLOWNESS } from './slowness.ts';
import { linesOf, numberOf } from './truth.ts';

const MS = 1e6;
/** By so much two clocks of one switch may differ: the kernel's at its beginning, and the probe's within it. */
const SWITCH_NS = 15_000;
/** Where it is set, every truth is tested so many times, and must hold each time. */
const RUNS = process.env.WHYTRACE_RUNS === undefined ? undefined : Math.max(1, Number(process.env.WHYTRACE_RUNS));
/** Else a busy machine may disturb a program, and it is run again up to this often in all. */
const ATTEMPTS = 3;

/** What the body of a test of a truth is given, and each of its parts. */
export type TruthContext = Owner & {
  readonly test: (name: string, part: (t: TruthContext) => void | Promise<void>) => Promise<void>;
  readonly skip: (why: string) => void;
};
type Body = (t: TruthContext) => Promise<void>;

/** Runs a body whose failure is not the end: its parts fail with it, and it cleans up before anything else is done. */
const attempt = async (body: Body, skip: (why: string) => void): Promise<void> => {
  const endings: (() => void | Promise<void>)[] = [];
  const context: TruthContext = {
    after: (ending) => endings.push(ending),
    skip,
    test: async (name, part) => {
      try {
        await part(context);
      } catch (cause) {
        throw new Error(`${name}: ${messageOf(cause)}`, { cause });
      }
    },
  };
  try {
    await body(context);
  } finally {
    for (const ending of endings) await ending();
  }
};

/** A test that is skipped where nothing can be recorded, or for the given reason. */
export const truthTest = (name: string, body: Body, skip: string | false = false): void => {
  const options = { ...here, skip: here.skip === false ? skip : here.skip };
  for (let run = 1; run <= (RUNS ?? 0); run++) test(`${name}, run ${run}`, options, body);
  if (RUNS !== undefined) return;
  test(name, options, async (t) => {
    for (let left = ATTEMPTS - 1; left > 0; left--) {
      try {
        return await attempt(body, (why) => t.skip(why));
      } catch (thrown) {
        t.diagnostic(`once more, since ${messageOf(thrown)}`);
      }
    }
    await attempt(body, (why) => t.skip(why));
  });
};

export type Phase = {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Thread and process that let it go; 0 where nobody did. */
  readonly by: number;
  readonly byPid: number;
  readonly start: number;
  readonly end: number;
  /** Just before it was let go; NaN where nobody says. */
  readonly done: number;
  /** Of the time from start to end: on a CPU, ready but without one, and the rest. */
  readonly cpu: number;
  readonly delay: number;
  readonly blocked: number;
  /** A further time of its line, as ns since the recording began. */
  readonly time: (name: string) => number;
  /** Other members of its line. */
  readonly number: (name: string) => number;
  readonly text: (name: string) => string;
  readonly numbers: (name: string) => readonly number[];
};

export type Truths = {
  readonly seen: Seen;
  readonly phases: readonly Phase[];
  /** The only phase of that name. */
  readonly of: (name: string) => Phase;
};

type Line = ReturnType<typeof linesOf>[number];

const phaseOf = (line: Line, offset: number): Phase => {
  const time = (name: string) => numberOf(line, name) + offset;
  return {
    name: String(line.phase),
    pid: numberOf(line, 'pid'),
    tid: numberOf(line, 'tid'),
    by: numberOf(line, 'by'),
    byPid: numberOf(line, 'by_pid'),
    start: time('start_ns'),
    end: time('end_ns'),
    done: numberOf(line, 'done_ns') === 0 ? Number.NaN : time('done_ns'),
    cpu: numberOf(line, 'cpu_ns'),
    delay: numberOf(line, 'delay_ns'),
    blocked: numberOf(line, 'blocked_ns'),
    time,
    number: (name) => numberOf(line, name),
    text: (name) => String(line[name]),
    numbers: (name) => {
      const list = line[name];
      assert.ok(Array.isArray(list), `${name} of ${JSON.stringify(line)}`);
      return list.map(Number);
    },
  };
};

/** From the program's clock, CLOCK_MONOTONIC, to the recording's. */
const offsetOf = ({ recording }: Seen): number => -Number(recording.facts.get('started_monotonic_ns'));

/** Reads truths from what a program, or several, said. */
export const readTruths = (seen: Seen, stdout: string): Truths => {
  const phases = linesOf(stdout).map((line) => phaseOf(line, offsetOf(seen)));
  return {
    seen,
    phases,
    of: (name) => {
      const [phase, ...more] = phases.filter((each) => each.name === name);
      assert.ok(phase && more.length === 0, `one phase ${name} in ${stdout}`);
      return phase;
    },
  };
};

/** Records `whytrace record -- COMMAND` and reads its truths; checks what holds of every recording. */
export const recordTruths = async (
  owner: Owner,
  command: readonly string[],
): Promise<Truths & { readonly recorded: Recorded }> => {
  const recorded = await record(owner, ['--', ...command]);
  assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
  return { ...readTruths(recorded, recorded.ended.stdout), recorded };
};

/** Within 1 % or 1 ms, whichever is more, and `slack` ns. */
export const nearly = (seen: number, truth: number, what: string, slack = 0): void =>
  assert.ok(
    Math.abs(seen - truth) <= Math.max(MS, truth / 100) * SLOWNESS + slack,
    `${what}: ${(seen / MS).toFixed(3)} ms seen, ${(truth / MS).toFixed(3)} ms in truth`,
  );

/** Tracked waits of a thread that overlap a phase, in their order. */
export const waitsIn = ({ seen }: Truths, { tid, start, end }: Phase, kind?: string): readonly Row[] =>
  seen
    .rows(
      'SELECT * FROM waits WHERE tid = ? AND start_ns < ? AND start_ns + duration_ns > ? ORDER BY start_ns',
      tid,
      end,
      start,
    )
    .filter((row) => kind === undefined || row.kind === kind);

/** The longest of some waits. */
export const longest = (waits: readonly Row[]): Row => {
  const [first] = waits.toSorted((a, b) => number(b, 'duration_ns') - number(a, 'duration_ns'));
  assert.ok(first, 'a wait');
  return first;
};

/** What a thread did in a window: ns for each "state kind". */
export const spent = ({ seen }: Truths, tid: number, from: number, to: number): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  const rows = seen.rows(
    'SELECT start_ns, start_ns + duration_ns AS end_ns, state, kind FROM thread_states WHERE tid = ? AND start_ns < ? AND start_ns + duration_ns > ?',
    tid,
    to,
    from,
  );
  for (const row of rows) {
    const key = `${text(row, 'state')} ${text(row, 'kind')}`;
    const part = Math.min(to, number(row, 'end_ns')) - Math.max(from, number(row, 'start_ns'));
    sums.set(key, (sums.get(key) ?? 0) + part);
  }
  return sums;
};

const sumOf = (parts: ReadonlyMap<string, number>, holds: (key: string) => boolean) =>
  [...parts].reduce((sum, [key, ns]) => sum + (holds(key) ? ns : 0), 0);

/**
 * The thread spent its phase as it says: blocked on this and nothing else, on a CPU, and ready without one. The scheduler
 * counts a thread as ready from when it is queued, which on a busy machine can be later than its waking: what it waits for
 * a CPU may be on either side, but only that. When exactly a wait ended, `endedThen` checks.
 */
export const isSpentOn = (truths: Truths, phase: Phase, kind: string, blocked = phase.blocked): void => {
  const parts = spent(truths, phase.tid, phase.start, phase.end);
  const sum = (state: RegExp) => sumOf(parts, (key) => state.test(key));
  const what = `${phase.name}, of ${JSON.stringify(Object.fromEntries(parts))}`;
  const without = sum(/^(?:runnable|throttled)/);
  const slack = blocked === 0 ? 0 : Math.max(phase.delay, without);
  nearly(parts.get(`blocked ${kind}`) ?? 0, blocked, `blocked for ${kind} in ${what}`, slack);
  nearly(sum(/^blocked/), phase.blocked, `blocked at all in ${what}`, slack);
  nearly(without, phase.delay, `without a CPU in ${what}`, slack);
  // What the hypervisor takes from a turn is no CPU time to the program's clock, and does not come from the scheduler.
  const stolen = truths.seen.count(
    'SELECT coalesce(sum(stolen_ns), 0) AS n FROM waits WHERE tid = ? AND start_ns > ? AND start_ns <= ?',
    phase.tid,
    phase.start,
    phase.end,
  );
  // The kernel charges a thread that it wakes on an idle CPU with the time from there to its turn: rq_clock_skip_update in
  // kernel/sched/core.c.
  const idle = truths.seen.count(
    'SELECT coalesce(sum(culprit_ns), 0) AS n FROM run_queue_waits WHERE tid = ? AND culprit_pid = 0 AND start_ns BETWEEN ? AND ?',
    phase.tid,
    phase.start,
    phase.end,
  );
  const switches = waitsIn(truths, phase).length * SWITCH_NS * SLOWNESS;
  nearly(sum(/^blocked/) + without + stolen, phase.blocked + phase.delay, `off the CPU in ${what}`, idle + switches);
  nearly(sum(/^running/) - stolen, phase.cpu, `running in ${what}`, idle + switches);
  nearly(sum(/./), phase.end - phase.start, `all of ${what}`);
};

/** A wait was ended by the phase's culprit at the time at which it says so. */
export const endedBy = (phase: Phase, wait: Row): void => {
  assert.equal(maybeNumber(wait, 'waker_tid'), phase.by, `who ended ${phase.name}: ${JSON.stringify(wait)}`);
  assert.equal(maybeNumber(wait, 'waker_pid'), phase.byPid, `whose process ended ${phase.name}`);
  endedThen(phase, wait);
};

/** A wait ended at the time that the phase says. */
export const endedThen = (phase: Phase, wait: Row): void => {
  const woken = number(wait, 'start_ns') + number(wait, 'blocked_ns');
  assert.ok(
    Math.abs(woken - phase.done) <= MS * SLOWNESS,
    `${phase.name} ended at ${woken} and in truth at ${phase.done}`,
  );
  assert.ok(number(wait, 'start_ns') >= phase.start - (MS / 10) * SLOWNESS, `${phase.name} began at ${phase.start}`);
};

/** The row of `files` for a wait. */
export const fileOf = ({ seen }: Truths, wait: Row): Row => {
  const object = maybeNumber(wait, 'object');
  assert.ok(object !== null, `what it waited for: ${JSON.stringify(wait)}`);
  const [file] = seen.rows('SELECT * FROM files WHERE id = ?', object);
  assert.ok(file, `files.id ${object}`);
  return file;
};
