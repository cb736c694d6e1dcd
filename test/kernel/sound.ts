// What must hold of every recording of threads, whatever they did: their states fill their lives, and no evidence comes
// after what it explains. Knows the views and nothing else.
import assert from 'node:assert/strict';
import { number, type Row } from '../../src/store/row.ts';
import type { Seen } from './recorder.ts';

/** The share of a thread's life that its states cover is at least this. */
const CLOSURE = 0.9999;
/** Of recordings with more intervals than this the check takes minutes, and it is left out. */
const MOST = 4000;

const lifeOf = (row: Row) => number(row, 'end_ns') - number(row, 'start_ns');

const closes = ({ rows }: Seen) => {
  const tasks = rows('SELECT tid, comm, start_ns, end_ns FROM tasks');
  for (const task of tasks) {
    const states = rows(
      'SELECT start_ns, duration_ns FROM thread_states WHERE tid = ? AND start_ns + duration_ns > ? AND start_ns < ? ORDER BY start_ns',
      number(task, 'tid'),
      number(task, 'start_ns'),
      number(task, 'end_ns'),
    );
    let free = number(task, 'start_ns');
    let sum = 0;
    for (const row of states) {
      assert.ok(number(row, 'start_ns') >= free, `two states at ${number(row, 'start_ns')} of ${JSON.stringify(task)}`);
      free = number(row, 'start_ns') + number(row, 'duration_ns');
      sum += number(row, 'duration_ns');
    }
    assert.ok(free <= number(task, 'end_ns'), `a state after the end of ${JSON.stringify(task)}: ${free}`);
    assert.ok(sum >= lifeOf(task) * CLOSURE, `${sum} of ${lifeOf(task)} ns of ${JSON.stringify(task)} are explained`);
  }
};

/** Each query finds evidence that begins after its effect has ended, or that cannot belong to it. */
const wrong = {
  'a request is of the time before its completion woke somebody': `SELECT w.*, b.start_ns AS queued, b.completed_ns FROM waits w
    JOIN block_requests b ON b.id = w.request
    WHERE b.start_ns > w.start_ns + w.duration_ns OR b.completed_ns > w.start_ns + w.duration_ns`,
  'a request is queued, issued and completed in this order': `SELECT * FROM block_requests
    WHERE queued_ns > issued_ns OR issued_ns > completed_ns OR queue_ns < 0 OR device_ns < 0`,
  'no request of a short recording took a minute': `SELECT * FROM block_requests WHERE device_ns > 60e9 OR queue_ns > 60e9`,
  'a process is told of once': `SELECT pid, count(*) AS n FROM processes WHERE pid IN (SELECT pid FROM tasks)
    GROUP BY pid HAVING n > 1`,
  'who ran instead ran during the wait': `SELECT w.*, q.culprit_tid, q.culprit_ns FROM waits w JOIN run_queue_waits q ON q.id = w.id
    WHERE q.start_ns < w.start_ns OR q.start_ns + q.duration_ns > w.start_ns + w.duration_ns OR q.culprit_ns > q.duration_ns`,
  'those who ran instead did not run longer than the wait': `SELECT id, duration_ns, sum(culprit_ns) AS ran, sum(share) AS share
    FROM run_queue_waits GROUP BY id HAVING ran > duration_ns OR share > 1.0001`,
  'nobody who waits for a CPU runs instead of himself': 'SELECT * FROM run_queue_waits WHERE culprit_tid = tid',
  'a state lies within its wait': `SELECT s.*, w.start_ns AS wait_start FROM thread_states s JOIN waits w ON w.id = s.wait
    WHERE s.start_ns < w.start_ns OR s.start_ns + s.duration_ns > w.start_ns + w.duration_ns`,
  'an interval of another task began before the end of a wait that leads to it': `SELECT u.* FROM waits u WHERE u.tracked = 0
    AND NOT EXISTS (SELECT 1 FROM waits w WHERE (w.waker_tid = u.tid OR w.owner_tid = u.tid)
      AND u.start_ns < w.start_ns + w.duration_ns)`,
  'what a thread did in the kernel is of its life': `SELECT s.* FROM scopes s JOIN tasks t ON t.tid = s.tid
    WHERE s.start_ns < t.start_ns OR s.start_ns + s.duration_ns > t.end_ns`,
  'a wait is made of a blocked and a ready part': `SELECT * FROM waits
    WHERE blocked_ns < 0 OR runnable_ns < 0 OR duration_ns <> blocked_ns + runnable_ns`,
};

/** Checks closure and causality, which hold whatever was lost. */
export const isClosed = (seen: Seen): void => {
  if (seen.count('SELECT count(*) AS n FROM off_cpu') > MOST) return;
  closes(seen);
  for (const [rule, query] of Object.entries(wrong)) {
    const rows = seen.rows(query);
    assert.equal(rows.length, 0, `${rule}: ${rows.length} rows, such as ${JSON.stringify(rows[0])}`);
  }
};

/** The same, and that nothing was lost. */
export const isSound = (seen: Seen): void => {
  assert.ok(seen.count('SELECT count(*) AS n FROM tasks') > 0, 'a thread');
  isClosed(seen);
  assert.deepEqual(seen.rows("SELECT reason, sum(count) AS n FROM losses WHERE source = 'kernel' GROUP BY reason"), []);
};
