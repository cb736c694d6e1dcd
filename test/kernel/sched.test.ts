// Why a thread did not run: waits of known kinds, lengths and culprits, against the clock of the program that waits. On a
// CPU is what is left, so the parts must add up to the whole. Times have wide margins: other programs may run as well.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { number, type Row } from '../../src/store/row.ts';
import { makeGroup, noGroup } from './cgroup.ts';
import { compileProgram, freshFolder, here, type Owner, type Recorded, record } from './recorder.ts';
import { SLOWNESS } from './slowness.ts';
import { linesOf, numberOf } from './truth.ts';

const MS = 1e6;
/** How much later than planned a thread may run again on a busy machine. */
const LATE = 60 * MS * SLOWNESS;

type Phase = ReturnType<typeof phasesOf>[number];
const phasesOf = (stdout: string) =>
  linesOf(stdout).map((line) => ({
    name: String(line.phase),
    pid: numberOf(line, 'pid'),
    tid: numberOf(line, 'tid'),
    by: numberOf(line, 'by'),
    start: numberOf(line, 'start_ns'),
    end: numberOf(line, 'end_ns'),
    cpu: numberOf(line, 'cpu_ns'),
  }));

const waitsOf = ({ rows }: Recorded, tid: number): readonly Row[] =>
  rows('SELECT * FROM waits WHERE tid = ? ORDER BY start_ns', tid);

const longest = (waits: readonly Row[]): Row => {
  const [first] = waits.toSorted((a, b) => number(b, 'duration_ns') - number(a, 'duration_ns'));
  assert.ok(first, 'a wait');
  return first;
};

/** What must hold of every wait that was ever recorded. */
const holdsTogether = ({ rows }: Recorded) => {
  for (const [tid, waits] of Map.groupBy(rows('SELECT * FROM waits ORDER BY tid, start_ns'), (row) =>
    number(row, 'tid'),
  )) {
    let free = Number.NEGATIVE_INFINITY;
    for (const row of waits) {
      const [start, blocked, runnable] = [
        number(row, 'start_ns'),
        number(row, 'blocked_ns'),
        number(row, 'runnable_ns'),
      ];
      assert.ok(blocked >= 0 && runnable >= 0, `negative: ${JSON.stringify(row)}`);
      assert.equal(number(row, 'duration_ns'), blocked + runnable);
      assert.ok(start >= free, `tid ${tid} waits twice at ${start}: the wait before ends at ${free}`);
      free = start + blocked + runnable;
    }
  }
};

type Expected = { readonly kind: string; readonly syscall: RegExp; readonly context: string; readonly waker?: RegExp };
const expected: Readonly<Record<string, Expected>> = {
  mutex: { kind: 'lock', syscall: /^futex/, context: 'task', waker: /^futex/ },
  condition: { kind: 'lock', syscall: /^futex/, context: 'task', waker: /^futex/ },
  signal: { kind: 'signal', syscall: /^rt_sigtimedwait$/, context: 'task', waker: /^t?g?kill$/ },
  sleep: { kind: 'sleep', syscall: /nanosleep$/, context: 'timer' },
  poll: { kind: 'sleep', syscall: /^p?poll$/, context: 'timer' },
  epoll: { kind: 'sleep', syscall: /^epoll_p?wait$/, context: 'timer' },
  pipe: { kind: 'ipc', syscall: /^read$/, context: 'task', waker: /^write$/ },
  unix: { kind: 'ipc', syscall: /^read$/, context: 'task', waker: /^write$/ },
  tcp: { kind: 'network', syscall: /^read$/, context: 'softirq', waker: /^write$/ },
  child: { kind: 'child', syscall: /^wait(4|id)$/, context: 'task', waker: /^exit/ },
};

const check = (phase: Phase, wait: Row, { kind, syscall, context, waker }: Expected) => {
  assert.equal(wait.kind, kind);
  assert.match(String(wait.syscall), syscall);
  assert.equal(wait.waker_context, context);
  const [took, own] = [number(wait, 'duration_ns'), phase.end - phase.start];
  assert.ok(took <= own && took > own - LATE, `${took} ns, and ${own} ns by its own clock`);
  assert.ok(took > 100 * MS, `${took} ns of 120 ms`);
  if (waker === undefined) return assert.equal(wait.waker_tid, null);
  assert.equal(wait.waker_tid, phase.by, 'who woke it');
  assert.match(String(wait.waker_syscall), waker);
};

/** The offset from the program's clock to the recording's, from waits that lie within phases: as [least, most]. */
const offsetOf = (pairs: readonly (readonly [Phase, Row])[]) => {
  const ends = pairs.map(([phase, wait]) => number(wait, 'start_ns') + number(wait, 'duration_ns') - phase.end);
  const starts = pairs.map(([phase, wait]) => number(wait, 'start_ns') - phase.start);
  return [Math.max(...ends), Math.min(...starts)] as const;
};

const tenKinds = async (t: TestContext, without: string) => {
  const program = compileProgram(freshFolder(t), 'waits');
  const recorded = await record(t, ['--', program, 'all'], { env: { WHYTRACE_WITHOUT: without } });
  assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
  const phases = phasesOf(recorded.ended.stdout);
  assert.deepEqual(
    phases.map(({ name }) => name),
    Object.keys(expected),
  );
  for (const phase of phases) {
    await t.test(phase.name, () => {
      const one = expected[phase.name];
      assert.ok(one);
      check(phase, longest(waitsOf(recorded, phase.tid)), one);
    });
  }
  await t.test('their times fit the program’s clock, all with one offset', () => {
    const [least, most] = offsetOf(phases.map((phase) => [phase, longest(waitsOf(recorded, phase.tid))]));
    assert.ok(least <= most, `at least ${least}, at most ${most}`);
  });
  await t.test('no two waits of a thread overlap', () => holdsTogether(recorded));
  return recorded;
};

test('waits of ten kinds', here, async (t) => {
  await tenKinds(t, '');
});
test('the same on an older kernel, which the recording tells', here, async (t) => {
  const without = ['prev_state', 'typed_reads', 'throttled'];
  const { recording, ended } = await tenKinds(t, [...without, 'folio_wait_writeback'].join());
  for (const name of without) assert.ok(recording.lacks.has(name), name);
  assert.match(recording.facts.get('settings') ?? '', /"missing_tracepoints":\["folio_wait_writeback"\]/);
  assert.match(ended.stderr, /folio_wait_writeback/);
});

/** Sum over the parts of waits that lie within [from, to). */
const within = (
  waits: readonly Row[],
  from: number,
  to: number,
  length: 'duration_ns' | 'runnable_ns' = 'duration_ns',
) =>
  waits.reduce((sum, row) => {
    const end = number(row, 'start_ns') + number(row, 'duration_ns');
    return sum + Math.max(0, Math.min(to, end) - Math.max(from, end - number(row, length)));
  }, 0);

test('what is not waiting is running: the parts add up to the CPU time', here, async (t) => {
  const program = compileProgram(freshFolder(t), 'waits');
  const recorded = await record(t, ['--', program, 'chunks', '80']);
  const [phase] = phasesOf(recorded.ended.stdout);
  assert.ok(phase);
  const waits = waitsOf(recorded, phase.tid);
  const naps = waits.filter(({ kind }) => kind === 'sleep');
  // A nap whose timer has gone off before the thread left the CPU is none.
  assert.ok(naps.length >= 18 && naps.length <= 20, `${naps.length} naps of 20`);
  // Its naps are the only sleeps, and its clock stops right after the last one.
  const last = naps.at(-1);
  assert.ok(last);
  const end = number(last, 'start_ns') + number(last, 'duration_ns');
  const start = end - (phase.end - phase.start);
  const running = end - start - within(waits, start, end);
  assert.ok(
    Math.abs(running - phase.cpu) < 3 * MS + phase.cpu * 0.05,
    `${running} ns running, ${phase.cpu} ns of CPU time`,
  );
  holdsTogether(recorded);
});

test('a hog on the same CPU is who ran instead', here, async (t) => {
  const program = compileProgram(freshFolder(t), 'waits');
  const recorded = await record(t, ['--', program, 'hog', '80']);
  const [phase] = phasesOf(recorded.ended.stdout);
  assert.ok(phase);
  const runnable = waitsOf(recorded, phase.tid).filter(({ kind }) => kind === 'runnable');
  const waited = runnable.reduce((sum, row) => sum + number(row, 'duration_ns'), 0);
  const lacked = phase.end - phase.start - phase.cpu;
  assert.ok(lacked > 30 * MS, `the hog took only ${lacked} ns`);
  assert.ok(
    Math.abs(waited - lacked) < 5 * MS + lacked * 0.1,
    `${waited} ns without a CPU, ${lacked} ns by its own clocks`,
  );
  const slices = recorded.rows(
    `SELECT r.pid, sum(min(r.start_ns + r.duration_ns, w.start_ns + w.duration_ns) - max(r.start_ns, w.start_ns)) AS ran
     FROM waits w JOIN run_slices r ON r.cpu = w.cpu_on AND r.start_ns < w.start_ns + w.duration_ns AND r.start_ns + r.duration_ns > w.start_ns
     WHERE w.tid = ? AND w.kind = 'runnable' AND r.tid <> w.tid GROUP BY r.pid ORDER BY ran DESC`,
    phase.tid,
  );
  // On a busy machine strangers run there as well: they may take some of it, but not all.
  const hog = slices.find((row) => number(row, 'pid') === phase.by);
  assert.ok(hog && number(hog, 'ran') > waited * 0.1, 'the hog ran meanwhile');
  const ran = slices.reduce((sum, row) => sum + number(row, 'ran'), 0);
  assert.ok(ran <= waited && ran > waited * 0.97, `${ran} of ${waited} ns are accounted for`);
  assert.deepEqual(
    recorded.rows("SELECT comm FROM run_slices WHERE pid = ? AND comm <> 'the-hog' AND comm <> 'waits'", phase.by),
    [],
  );
  holdsTogether(recorded);
});

test(
  'a turn on a CPU begins where a wait ends and ends where one begins, at thousands of switches a second',
  here,
  async (t) => {
    const program = compileProgram(freshFolder(t), 'switches');
    const recorded = await record(t, ['--', program, '1']);
    const edge = (tid: number, time: number) => `${tid} ${time}`;
    const begins = new Set<string>();
    const ends = new Set<string>();
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    for (const row of recorded.rows(
      'SELECT tid, start_ns, start_ns + duration_ns AS end_ns FROM waits ORDER BY start_ns',
    )) {
      const tid = number(row, 'tid');
      begins.add(edge(tid, number(row, 'start_ns')));
      ends.add(edge(tid, number(row, 'end_ns')));
      if (!first.has(tid)) first.set(tid, number(row, 'start_ns'));
      last.set(tid, number(row, 'end_ns'));
    }
    const turns = recorded.rows(
      "SELECT tid, start_ns, start_ns + duration_ns AS end_ns FROM run_slices WHERE comm = 'switches' AND tid <> pid",
    );
    assert.ok(turns.length > 1000, `only ${turns.length} turns`);
    const broken = turns.filter((row) => {
      const [tid, start, end] = [number(row, 'tid'), number(row, 'start_ns'), number(row, 'end_ns')];
      const unbegun = start > (first.get(tid) ?? 0) && !ends.has(edge(tid, start));
      const unended = end < (last.get(tid) ?? 0) && !begins.has(edge(tid, end));
      return unbegun || unended;
    });
    assert.deepEqual(broken, []);
    holdsTogether(recorded);
  },
);

/** Throttled by the recording, and by the kernel's own count, in ns. */
const throttle = async (owner: Owner, env: Readonly<Record<string, string>>) => {
  const program = compileProgram(freshFolder(owner), 'waits');
  const group = makeGroup(owner, 'cpu');
  group.write('cpu.cfs_period_us', '50000');
  group.write('cpu.cfs_quota_us', '10000');
  const recorded = await record(owner, ['--', 'sh', '-c', `echo $$ > ${group.procs} && exec ${program} burn 40`], {
    env,
  });
  assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
  const truth = Number(/throttled_time (\d+)/.exec(group.read('cpu.stat'))?.[1]);
  assert.ok(truth > 50 * MS, `throttled for ${truth} ns`);
  const seen = recorded.count("SELECT coalesce(sum(duration_ns), 0) AS n FROM waits WHERE kind = 'throttled'");
  assert.ok(Math.abs(seen - truth) < 5 * MS + truth * 0.1, `${seen} ns, and ${truth} ns by the kernel's own count`);
  holdsTogether(recorded);
  return recorded;
};

const quota = { ...here, skip: here.skip === false ? noGroup('cpu') : here.skip };
test('a CPU quota', quota, async (t) => {
  await throttle(t, { WHYTRACE_WITHOUT: '' });
});
test('a CPU quota on a kernel whose threads do not say that they are out of it', quota, async (t) => {
  const { recording } = await throttle(t, { WHYTRACE_WITHOUT: 'throttled' });
  assert.ok(recording.lacks.has('throttled'));
});
