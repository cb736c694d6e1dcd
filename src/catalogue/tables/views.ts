// The views that readers use. Their names and first columns are a contract; further columns may be added.
import { callArguments } from '../arguments.ts';
import { field } from '../field.ts';
import { view } from '../table.ts';
import { evidenceViews } from './evidence.ts';
import { liveViews } from './live-views.ts';
import { STACK_OF, stackViews, WEIGHT_OF } from './stack-views.ts';
import { stateViews } from './state-views.ts';
import { waitViews } from './wait-views.ts';
import { who } from './who.ts';

const jsonOfArguments = Object.keys(callArguments)
  .map((name) => `'${name}', a.${name}`)
  .join(', ');

export const views = {
  calls: view({
    name: 'calls',
    doc: 'library calls, one row each',
    columns: [
      field('id', 'id', 'row id, as in evidence "calls:ID"'),
      field('start_ns', 'time', 'entry'),
      field('duration_ns', 'duration', 'from entry to return; the API call, not the work of the GPU'),
      ...who,
      field('op', 'text', 'name of the call'),
      field('depth', 'small', 'how many probed calls of this thread enclose it'),
      field('ret', 'result', 'return code'),
      field('weight', 'weight', 'calls this row stands for'),
      field('role', 'text', 'what the call is for'),
      field('library', 'text', 'cudart or cuda'),
      field('fn', 'address', 'kernel function of a launch'),
      field('stream', 'handle', 'stream'),
      field('bytes', 'bytes', 'size of a copy, fill or allocation'),
      field('ptr', 'address', 'pointer allocated or freed'),
      field('args', 'json', 'all kept arguments by name'),
      field('stack', 'ref', 'stack id for stacks.stack, null when not taken'),
      field('thread', 'ref', 'thread.id'),
      field('stack_weight', 'weight', 'calls that its stack stands for: 1 when it was slow'),
    ],
    sql: `SELECT c.id, c.start_ns, c.duration_ns, t.pid, t.tid, t.comm, m.name AS op, c.depth, c.ret, coalesce(a.weight, 1) AS weight, m.role, m.library,
      a.fn, a.stream, coalesce(a.bytes, a.width * a.height) AS bytes, c.ptr,
      json_patch('{}', json_object(${jsonOfArguments}, 'ptr', c.ptr)) AS args, ${STACK_OF('c')} AS stack, c.thread, ${WEIGHT_OF('c')} AS stack_weight
      FROM call c JOIN thread t ON t.id = c.thread JOIN meta_op m ON m.id = c.op LEFT JOIN call_args a ON a.id = c.args`,
    examples: [
      {
        question: 'Which calls took longest?',
        sql: 'SELECT id, op, comm, duration_ns / 1e6 AS ms FROM calls ORDER BY duration_ns DESC LIMIT 10',
      },
      {
        question: 'How many bytes were copied by which call?',
        sql: "SELECT op, count(*) AS n, sum(bytes) AS bytes FROM calls WHERE role = 'copy' GROUP BY op",
      },
    ],
  }),
  ...waitViews,
  ...stateViews,
  run_slices: view({
    name: 'run_slices',
    doc: 'who ran on a CPU while a traced thread, or one that its wait led to, was ready and waiting',
    columns: [
      field('id', 'id', 'row id, as in evidence "run_slices:ID"'),
      field('start_ns', 'time', 'switched in'),
      field('duration_ns', 'duration', 'until switched out'),
      field('cpu', 'cpu', 'the CPU'),
      ...who,
    ],
    sql: `SELECT r.id, r.start_ns, r.duration_ns, r.cpu, t.pid, t.tid, t.comm FROM run_slice r JOIN thread t ON t.id = r.thread`,
    examples: [
      {
        question: 'Who used the CPUs that tracked threads waited for?',
        sql: 'SELECT pid, comm, sum(duration_ns) / 1e6 AS ms FROM run_slices GROUP BY pid, comm ORDER BY ms DESC LIMIT 10',
      },
    ],
  }),
  ...stackViews,
  processes: view({
    name: 'processes',
    doc: 'processes that were traced',
    columns: [
      field('pid', 'pid', 'process'),
      field('comm', 'comm', 'name'),
      field('exe', 'untrusted_text', 'path of the program'),
      field('args', 'untrusted_text', 'command line'),
      field('parent_pid', 'pid', 'its parent'),
      field('start_ns', 'time', 'when it began'),
      field('end_ns', 'time', 'when it ended'),
      field('cgroup', 'untrusted_text', 'cgroup path'),
      field('container', 'untrusted_text', 'container id'),
      field('tracked', 'boolean', '1 when its events were recorded'),
      field('uid', 'number', 'user id'),
      field('exit_code', 'number', 'exit code, null while it runs or when a signal ended it'),
      field('exit_signal', 'number', 'signal that ended it, null when none did'),
      field('note', 'text', 'what a reader must know'),
    ],
    sql: `SELECT pid, comm, exe, args, parent_pid, start_ns, end_ns, cgroup, container, tracked, uid,
      CASE WHEN (exit_code & 127) = 0 THEN (exit_code >> 8) & 255 END AS exit_code, nullif(exit_code & 127, 0) AS exit_signal, note
      FROM process`,
    examples: [
      { question: 'Which processes were traced?', sql: 'SELECT pid, comm, args FROM processes WHERE tracked = 1' },
    ],
  }),
  losses: view({
    name: 'losses',
    doc: 'what the recording lacks',
    columns: [
      field('id', 'id', 'row id'),
      field('start_ns', 'time', 'from'),
      field('end_ns', 'time', 'to'),
      field('source', 'text', 'kernel, capture, store or import'),
      field('reason', 'text', 'why'),
      field('count', 'count', 'how many events'),
      field('detail', 'untrusted_text', 'which'),
    ],
    sql: `SELECT l.id, l.start_ns, l.end_ns, m.source, l.reason, l.count, l.detail FROM loss l LEFT JOIN meta_loss m ON m.name = l.reason`,
    examples: [{ question: 'Is anything missing?', sql: 'SELECT reason, sum(count) AS n FROM losses GROUP BY reason' }],
  }),
  totals: view({
    name: 'totals',
    doc: 'exact totals of each process and call, never sampled',
    columns: [
      field('pid', 'pid', 'process'),
      field('op', 'text', 'name of the call'),
      field('count', 'count', 'calls'),
      field('sum_ns', 'duration', 'time in them'),
      field('max_ns', 'duration', 'the longest'),
      field('p50_ns', 'duration', 'median'),
      field('p95_ns', 'duration', '95th percentile'),
      field('p99_ns', 'duration', '99th percentile'),
      field('failed', 'count', 'calls that did not return 0'),
    ],
    sql: `SELECT t.pid, m.name AS op, t.count, t.sum_ns, t.max_ns, t.p50_ns, t.p95_ns, t.p99_ns, t.failed
      FROM total t JOIN meta_op m ON m.id = t.op`,
    examples: [
      {
        question: 'In which calls did the time go?',
        sql: 'SELECT op, sum(count) AS n, sum(sum_ns) / 1e9 AS s FROM totals GROUP BY op ORDER BY s DESC',
      },
    ],
  }),
  ...liveViews,
  ...evidenceViews,
} as const;
