// More calls than can be read: what is usual is left out, and what is left stands for it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptAt } from '../../src/catalogue/shedding.ts';
import { runRecording } from '../../src/record/run.ts';
import { number, text } from '../../src/store/row.ts';
import { freshFolder, lab, look } from './recorder.ts';
import { json, linesOf } from './truth.ts';
import { truthTest } from './truths.ts';

truthTest('usual calls are left out before the ring is full: totals exact, weights right, the tail kept', async (t) => {
  const folder = freshFolder(t);
  const [path, truthPath] = [join(folder, 'run.db'), join(folder, 'truth')];
  const { session } = await runRecording({
    path,
    version: 'test',
    selection: {
      ...{ pids: [], comms: [], cgroups: [], all: false },
      command: ['sh', '-c', `exec ${lab('storm')} --rate 0 --threads 2 --ms 700 > ${truthPath}`],
    },
    duration: undefined,
    ringBytes: 1 << 20,
    onReady: () => {},
    onInterrupt: () => {},
  });
  const made = Object.entries(json(linesOf(readFileSync(truthPath, 'utf8'))[0]?.counts));
  const seen = look(t, path);
  const shed = seen.lost('shed_call');
  assert.ok(shed > 1000, `${shed} calls left out`);
  assert.equal(session.progress().shed.get('call'), shed, 'the summary says the same');
  const lost = seen.lost('ring_full_call');
  for (const [op, count] of made) {
    const [total] = seen.rows('SELECT sum(count) AS n, max(max_ns) AS longest FROM totals WHERE op = ?', op);
    const [kept] = seen.rows(
      'SELECT count(*) AS n, sum(weight) AS stands_for, max(duration_ns) AS longest FROM calls WHERE op = ?',
      op,
    );
    assert.ok(total && kept);
    assert.equal(number(total, 'n'), count, op);
    const missing = number(total, 'n') - number(kept, 'stands_for');
    // Kept by chance, one in 64 at most: five standard deviations, and what the full ring took.
    const error = 5 * Math.sqrt(keptAt(4).call * number(total, 'n'));
    assert.ok(missing < lost + error && missing > -error, `${op}: rows stand for ${missing} fewer than there were`);
    if (lost === 0) assert.equal(number(kept, 'longest'), number(total, 'longest'), `the longest ${op} has its row`);
  }
  const rows = seen.count('SELECT count(*) AS n FROM calls');
  const all = seen.count('SELECT sum(count) AS n FROM totals');
  assert.equal(all - rows, shed + lost, 'every call without a row is counted');
  for (const row of seen.rows("SELECT start_ns, end_ns, detail FROM losses WHERE reason LIKE 'shed_%'")) {
    assert.match(
      text(row, 'detail'),
      /^(level [1-4] of 4: (one in \d+ was|all were) kept(, (but|or) one in \d+ while a ring was nearly full)?|the ring was nearly full before .*)$/,
    );
    assert.ok(number(row, 'end_ns') > number(row, 'start_ns'));
  }
});
