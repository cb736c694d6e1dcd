// More calls than can be read: what is usual is left out, and what is left stands for it. Nothing here is about: whatever the
// machine was busy with, every call is in a row, stood for by a row, or counted as lost.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HIGHEST_LEVEL, keptAt } from '../../src/catalogue/shedding.ts';
import { OWED } from '../../src/record/loss-notes.ts';
import { runRecording } from '../../src/record/run.ts';
import type { Session } from '../../src/record/session.ts';
import { number, text } from '../../src/store/row.ts';
import { freshFolder, here, lab, look, type Owner, type Seen } from './recorder.ts';
import { SLOWNESS } from './slowness.ts';
import { json, linesOf } from './truth.ts';

type Storm = {
  readonly ringBytes: number;
  readonly ms: number;
  /** ns after which the recording ends, though the calls go on. */
  readonly duration?: number;
  /** Whether `onReady` ends it, so that it cannot tell what it did. */
  readonly isKilled?: boolean;
  readonly onReady?: (of: Session) => void;
};

/** Does nothing at all for some ms. */
const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Once there have been some calls, does something in the midst of them. */
const once = (act: (of: Session) => void) => (session: Session) => {
  const watching = setInterval(() => {
    if (session.progress().events < 1000) return;
    clearInterval(watching);
    act(session);
  }, 5);
  watching.unref();
};

/** Records `storm` at its highest rate, from two threads, and holds its own counts against the totals. */
const recordStorm = async (
  owner: Owner,
  { ringBytes, ms, duration, isKilled = false, onReady = () => {} }: Storm,
): Promise<{ readonly seen: Seen; readonly session: Session }> => {
  const folder = freshFolder(owner);
  const [path, truthPath] = [join(folder, 'run.db'), join(folder, 'truth')];
  const { session, goesOn } = await runRecording({
    ...{ path, version: 'test', duration, ringBytes, onReady, onInterrupt: () => {} },
    selection: {
      ...{ pids: [], comms: [], cgroups: [], all: false },
      command: ['sh', '-c', `exec ${lab('storm')} --rate 0 --threads 2 --ms ${ms * SLOWNESS} > ${truthPath}`],
    },
  });
  await goesOn;
  const seen = look(owner, path);
  if (duration !== undefined || isKilled) return { seen, session };
  const made = Object.entries(json(linesOf(readFileSync(truthPath, 'utf8'))[0]?.counts));
  assert.ok(made.length > 0);
  for (const [op, calls] of made)
    assert.equal(seen.count('SELECT sum(count) AS n FROM totals WHERE op = ?', op), calls, op);
  return { seen, session };
};

/** Each call of the totals is in a row, stood for by one, the last of its kind to be left out, or lost: all of them, exactly. */
const isExact = (seen: Seen, session: Session): void => {
  const [lost, shed] = [seen.lost('ring_full_call'), seen.lost('shed_call')];
  const owed = seen.count(
    "SELECT coalesce(sum(count), 0) AS n FROM losses WHERE reason = 'shed_call' AND detail = ?",
    OWED,
  );
  const [rows, standFor] = [
    seen.count('SELECT count(*) AS n FROM calls'),
    seen.count('SELECT sum(weight) AS n FROM calls'),
  ];
  const all = seen.count('SELECT sum(count) AS n FROM totals');
  assert.ok(shed > 1000, `${shed} calls left out`);
  assert.equal(all - rows, shed + lost, 'every call without a row is counted');
  assert.equal(all - standFor, lost + owed, 'rows stand for all but what was lost, and the last');
  assert.equal(session.progress().shed.get('call'), shed, 'the summary says the same');
  const ops = seen.count('SELECT count(DISTINCT op) AS n FROM totals');
  const most = 2 * keptAt(HIGHEST_LEVEL).call * ops * availableParallelism();
  assert.ok(owed < most, `the last are few: ${owed} of ${ops} kinds`);
  const missing = seen.rows(
    `SELECT t.op, t.n - coalesce(c.n, 0) AS missing FROM (SELECT op, sum(count) AS n FROM totals GROUP BY op) t
     LEFT JOIN (SELECT op, sum(weight) AS n FROM calls GROUP BY op) c ON c.op = t.op`,
  );
  for (const row of missing) assert.ok(number(row, 'missing') >= 0, `no ${text(row, 'op')} is stood for twice`);
  assert.equal(
    seen.count('SELECT count(*) AS n FROM calls WHERE weight > 1 AND (duration_ns > 1000000 OR stack IS NOT NULL)'),
    0,
    'only what is usual stands for others',
  );
  for (const row of seen.rows("SELECT start_ns, end_ns, detail FROM losses WHERE reason LIKE 'shed_%'")) {
    if (text(row, 'detail') !== OWED)
      assert.match(
        text(row, 'detail'),
        /^(level [1-4] of 4: (one in \d+ was|all were) kept(, (but|or) one in \d+ while a ring was nearly full)?|the ring was nearly full before .*)$/,
      );
    assert.ok(number(row, 'end_ns') > number(row, 'start_ns'));
  }
};

test(
  'usual calls are left out before the ring is full: nothing is lost, the longest have their rows',
  here,
  async (t) => {
    const { seen, session } = await recordStorm(t, {
      ...{ ringBytes: 1 << 22, ms: 20_000, isKilled: true },
      onReady: once(({ capture, processes }) => {
        // Nobody reads, until only what may not be lost has been taken for a while.
        for (let left = 4000 * SLOWNESS; capture.fill() < 0.78 && left > 0; left--) pause(2);
        for (const pid of processes.tracked()) process.kill(pid, 'SIGKILL');
      }),
    });
    isExact(seen, session);
    assert.equal(seen.lost('ring_full_call'), 0);
    for (const row of seen.rows('SELECT op, max(max_ns) AS longest FROM totals GROUP BY op HAVING longest > 1000000')) {
      const op = text(row, 'op');
      const kept = seen.count('SELECT max(duration_ns) AS n FROM calls WHERE op = ?', op);
      assert.equal(kept, number(row, 'longest'), `the longest ${op} has its row`);
    }
  },
);

test('a ring that is full takes rows that stood for others with it: these are lost with them', here, async (t) => {
  // As if others had the CPU: nobody reads, and no level is decided upon.
  const onReady = once(() => pause(300 * SLOWNESS));
  const { seen, session } = await recordStorm(t, { ringBytes: 1 << 17, ms: 700, onReady });
  assert.ok(seen.lost('ring_full_call') > 0, 'the ring was full');
  isExact(seen, session);
});

test('a recording that ends while calls go on has counted each of them in one way', here, async (t) => {
  const { seen, session } = await recordStorm(t, { ringBytes: 1 << 17, ms: 1500, duration: 700e6 * SLOWNESS });
  isExact(seen, session);
});
