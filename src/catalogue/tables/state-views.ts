// What each traced thread did at each instant of its life, and who ran while it was ready: derived from `tasks`, `waits` and
// `run_slice` by complement and overlap. Nothing here says whether any of it was slow.
import { field } from '../field.ts';
import { view } from '../table.ts';

/**
 * Each wait of a traced thread within a life of it, and at the end of that life one row of no length, so that there is
 * something to run up to. While a life and the recording go on there is no such row: what comes after the last wait that
 * was written is not known.
 */
const EVENTS = `SELECT t.pid, t.tid, t.comm, t.id AS task, t.start_ns AS born, coalesce(t.end_ns, ${Number.MAX_SAFE_INTEGER}) AS died,
      w.start_ns AS away, w.start_ns + w.blocked_ns AS ready, w.start_ns + w.duration_ns AS back, w.kind, w.cpu_off, w.cpu_on,
      w.id AS wait
      FROM waits w JOIN tasks t ON t.tid = w.tid AND t.pid = w.pid
      WHERE w.start_ns < coalesce(t.end_ns, ${Number.MAX_SAFE_INTEGER}) AND w.start_ns + w.duration_ns > t.start_ns
      UNION ALL
      SELECT pid, tid, comm, id, start_ns, end_ns, end_ns, end_ns, end_ns, NULL, NULL, NULL, NULL FROM tasks
      WHERE end_ns IS NOT NULL`;

/** In the order of their starts, each with when and where the thread came back before: from then to the start it ran. */
const IN_ORDER = `SELECT *, coalesce(max(back) OVER earlier, born) AS ran_from,
      coalesce(last_value(cpu_on) OVER earlier, cpu_off) AS ran_on
      FROM (${EVENTS})
      WINDOW earlier AS (PARTITION BY task, tid, pid ORDER BY away, wait ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;

/**
 * The edges of running, not ready and ready, cut to the life and to what came before: no instant counts twice. All of a wait
 * for quota is not ready: nothing tells when the thread was let go.
 */
const EDGES = `SELECT pid, tid, comm, kind, wait, ran_on, cpu_off, CASE ready WHEN away THEN cpu_off ELSE cpu_on END AS queue,
      max(born, min(died, ran_from)) AS edge0, min(died, max(born, ran_from, away)) AS edge1,
      min(died, max(born, ran_from, CASE kind WHEN 'throttled' THEN back ELSE ready END)) AS edge2, min(died, max(born, ran_from, back)) AS edge3
      FROM (${IN_ORDER})`;

/**
 * Stretches in which a thread was ready and waited for a CPU: a woken one for that on which it ran next, one that was put
 * aside for that which it left; `then_cpu` is where another CPU took the latter over, else null.
 */
const READY = `SELECT id, thread, pid, tid, comm, start_ns + blocked_ns AS ready, start_ns + duration_ns AS back,
      CASE blocked_ns WHEN 0 THEN cpu_off ELSE cpu_on END AS cpu,
      CASE WHEN blocked_ns = 0 AND cpu_on <> cpu_off THEN cpu_on END AS then_cpu
      FROM waits WHERE runnable_ns > 0 AND kind <> 'throttled'`;

const from = (slice: string) => `max(w.ready, ${slice}.start_ns)`;
const to = (slice: string) => `min(w.back, ${slice}.start_ns + ${slice}.duration_ns)`;
/** Slices of others on a CPU in [start, end). Those of one CPU follow one another, so only the last before can reach in. */
const others = (slice: string, cpu: string, start: string, end: string) =>
  `${slice}.cpu = ${cpu} AND ${slice}.start_ns < ${end} AND ${slice}.start_ns + ${slice}.duration_ns > ${start}
      AND ${slice}.start_ns >= coalesce((SELECT max(p.start_ns) FROM run_slice p WHERE p.cpu = ${cpu} AND p.start_ns <= ${start}), 0)
      AND ${slice}.thread <> w.thread`;

const onFirst = others('r', 'w.cpu', 'w.ready', 'w.back');
const onNext = `w.then_cpu IS NOT NULL AND ${others('r', 'w.then_cpu', 'w.ready', 'w.back')}`;
const firstNs = `${to('r')} - ${from('r')}`;
/** On the second CPU only what nothing is known of on the first. */
const nextNs = `${firstNs} - coalesce((SELECT sum(min(${to('r')}, ${to('f')}) - max(${from('r')}, ${from('f')}))
        FROM run_slice f WHERE ${others('f', 'w.cpu', from('r'), to('r'))}), 0)`;

/**
 * Who ran, with the time of each, as one JSON object by thread.id, and under 0 the time in which nobody did. By a subquery for
 * each wait and not by GROUP BY over all of them, through which SQLite would not push a reader's condition on the wait or the
 * thread.
 */
const RAN = `SELECT w.*, (SELECT json_set(json_group_object(culprit, ns), '$.0', w.back - w.ready - coalesce(sum(ns), 0)) FROM
      (SELECT culprit, sum(ns) AS ns FROM
        (SELECT r.thread AS culprit, ${firstNs} AS ns FROM run_slice r WHERE ${onFirst}
        UNION ALL SELECT r.thread, ${nextNs} FROM run_slice r WHERE ${onNext}) GROUP BY culprit)) AS ran
      FROM (${READY}) w`;

export const stateViews = {
  thread_states: view({
    name: 'thread_states',
    doc: 'what each traced thread did: every instant of every row of tasks exactly once; running is what its waits leave; quick with a number for tid or pid',
    columns: [
      field('start_ns', 'time', 'when it began, cut to the life of the thread'),
      field('duration_ns', 'duration', 'until the next state'),
      field('pid', 'pid', 'process'),
      field('tid', 'tid', 'thread'),
      field('comm', 'comm', 'name of the thread, as in tasks'),
      field('state', 'text', 'running, runnable, blocked or throttled'),
      field('kind', 'text', 'on_cpu, runnable, throttled, or the root kind of what it was blocked on'),
      field('cpu', 'cpu', 'CPU it ran on or waited for; when blocked or throttled, the CPU it had left'),
      field('wait', 'ref', 'waits.id, null when running'),
    ],
    sql: `SELECT CASE piece WHEN 1 THEN edge0 WHEN 2 THEN edge1 ELSE edge2 END AS start_ns,
      CASE piece WHEN 1 THEN edge1 - edge0 WHEN 2 THEN edge2 - edge1 ELSE edge3 - edge2 END AS duration_ns, pid, tid, comm,
      CASE piece WHEN 1 THEN 'running' WHEN 3 THEN 'runnable' ELSE CASE kind WHEN 'throttled' THEN kind ELSE 'blocked' END END AS state,
      CASE piece WHEN 1 THEN 'on_cpu' WHEN 3 THEN 'runnable' ELSE kind END AS kind,
      CASE piece WHEN 1 THEN ran_on WHEN 2 THEN cpu_off ELSE queue END AS cpu, CASE WHEN piece > 1 THEN wait END AS wait
      FROM (${EDGES}) CROSS JOIN (SELECT 1 AS piece UNION ALL SELECT 2 UNION ALL SELECT 3)
      WHERE CASE piece WHEN 1 THEN edge1 > edge0 WHEN 2 THEN edge2 > edge1 ELSE edge3 > edge2 END`,
    examples: [
      {
        question: 'Where did all the time of a thread go?',
        sql: 'SELECT state, kind, count(*) AS n, sum(duration_ns) / 1e6 AS ms FROM thread_states WHERE tid = (SELECT min(tid) FROM tasks) GROUP BY state, kind ORDER BY ms DESC',
      },
    ],
  }),
  run_queue_waits: view({
    name: 'run_queue_waits',
    doc: 'who ran while a thread was ready and waited for a CPU: one row for each wait and each thread that ran meanwhile; quick with a number for id, tid or pid',
    columns: [
      field('id', 'id', 'waits.id; a wait has a row for each culprit, and one for the time in which none was recorded'),
      field('start_ns', 'time', 'when the thread was ready'),
      field('duration_ns', 'duration', 'until it ran; the same in all rows of a wait, so add up culprit_ns instead'),
      field('pid', 'pid', 'process that waited'),
      field('tid', 'tid', 'thread that waited'),
      field('comm', 'comm', 'name of the thread that waited'),
      field('cpu', 'cpu', 'CPU that it waited for'),
      field('culprit_pid', 'pid', 'process that ran meanwhile, 0 when the CPU was idle; null when nobody was recorded'),
      field('culprit_tid', 'tid', 'thread that ran meanwhile'),
      field('culprit_comm', 'comm', 'name of that thread'),
      field('culprit_ns', 'duration', 'how long it ran in that time'),
      field('share', 'share', 'part of the wait in which it ran; those of one wait sum to 1'),
    ],
    sql: `SELECT w.id, w.ready AS start_ns, w.back - w.ready AS duration_ns, w.pid, w.tid, w.comm, w.cpu, t.pid AS culprit_pid,
      t.tid AS culprit_tid, t.comm AS culprit_comm, j.value AS culprit_ns, 1.0 * j.value / (w.back - w.ready) AS share
      FROM (${RAN}) w CROSS JOIN json_each(w.ran) j LEFT JOIN thread t ON t.id = CAST(j.key AS INTEGER) WHERE j.value > 0`,
    examples: [
      {
        question: 'Who ran instead of threads that were ready?',
        sql: 'SELECT tid, comm, culprit_pid, culprit_comm, sum(culprit_ns) / 1e6 AS ms FROM run_queue_waits GROUP BY tid, culprit_pid, culprit_comm ORDER BY ms DESC LIMIT 20',
      },
    ],
  }),
} as const;
