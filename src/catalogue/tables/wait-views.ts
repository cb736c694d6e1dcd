// Views about what threads waited for: the waits themselves, the files and requests in them, and what happened meanwhile.
import { momentKinds, scopeKinds } from '../events.ts';
import { field } from '../field.ts';
import { view } from '../table.ts';
import { waitKindSql } from '../wait-kinds.ts';
import { STACK_OF, WEIGHT_OF } from './stack-views.ts';
import { who } from './who.ts';

const named = (column: string, names: Readonly<Record<string, number>>) =>
  `CASE ${column} ${Object.entries(names)
    .map(([name, value]) => `WHEN ${value} THEN '${name}'`)
    .join(' ')} END`;

/** REQ_OP_* of linux/blk_types.h. */
const requestOps = { read: 0, write: 1, flush: 2, discard: 3 } as const;

export const waitViews = {
  waits: view({
    name: 'waits',
    doc: 'intervals in which a thread was not on a CPU, one row each; kind says what for',
    columns: [
      field('id', 'id', 'row id, as in evidence "waits:ID"'),
      field('start_ns', 'time', 'when it left the CPU'),
      field('duration_ns', 'duration', 'until it ran again'),
      ...who,
      field('kind', 'text', 'root kind of the wait'),
      field('runnable_ns', 'duration', 'the last part of it, ready but waiting for a CPU'),
      field('waker_tid', 'tid', 'thread that woke it'),
      field('waker_pid', 'pid', 'process that woke it'),
      field('waker_comm', 'comm', 'name of the waker'),
      field('blocked_ns', 'duration', 'the first part of it, not ready'),
      field('syscall', 'text', 'system call it was in'),
      field('arg0', 'word', 'first argument of that call'),
      field('waker_context', 'text', 'task, timer, irq, softirq or block; null when it was not woken'),
      field('waker_syscall', 'text', 'system call the waker was in'),
      field('state', 'flags', 'task state when it left'),
      field('file_type', 'number', 'see wait_site'),
      field('file_device', 'number', 'device of its file system, or number of a device file'),
      field('file_inode', 'word', 'inode of the file'),
      field('cpu_off', 'cpu', 'CPU it left'),
      field('cpu_on', 'cpu', 'CPU it ran on again'),
      field('thread', 'ref', 'thread.id'),
      field('tracked', 'boolean', '1 for a traced thread, 0 for another that the wait of a traced one led to'),
      field('open', 'boolean', '1 when it had not ended when the recording did: it is cut there'),
      field('object', 'ref', 'files.id of the file, pipe or socket that it waited for'),
      field('owner_tid', 'tid', 'thread that held the lock when it began to wait'),
      field('matched', 'boolean', '1 when the waker was in futex(2) on the same address'),
      field('request', 'ref', 'block_requests.id of the request whose completion woke it'),
      field(
        'activity',
        'text',
        'what it did in the kernel: reclaim, compaction, dirty_throttle, writeback, kernel_lock',
      ),
      field('irq_ns', 'duration', 'what interrupts and timers took from its turn on the CPU before'),
      field('stolen_ns', 'duration', 'what the hypervisor took from that turn'),
      field('minor_faults', 'count', 'minor page faults in that turn'),
      field('detail', 'word', 'byte of the file at a page fault, or address of the kernel lock'),
      field('gil', 'boolean', '1 when it waited for the GIL of Python, null when that cannot be told'),
      field('born', 'boolean', '1 for the time from its birth to its first turn'),
      field('inferred', 'boolean', '1 when its end was inferred from its run time'),
      field('stack', 'ref', 'stack id for stacks.stack: where it was when it left; null when not taken'),
      field('stack_weight', 'weight', 'waits that its stack stands for: 1 when it was likely to be long'),
      field('by_time', 'number', 'what was found by times alone: 0 nothing, 1 its request, 2 its timer'),
      field('weight', 'weight', 'waits this row stands for'),
    ],
    sql: `SELECT o.id, o.start_ns, o.blocked_ns + o.runnable_ns AS duration_ns, t.pid, t.tid, t.comm, ${waitKindSql()} AS kind,
      o.runnable_ns, w.tid AS waker_tid, w.pid AS waker_pid, w.comm AS waker_comm, o.blocked_ns, s.syscall, o.arg0,
      CASE s.waker_context WHEN 1 THEN 'task' WHEN 2 THEN 'timer' WHEN 3 THEN 'irq' WHEN 4 THEN 'softirq' WHEN 5 THEN 'block' END
      AS waker_context, s.waker_syscall, s.state, s.file_type, s.file_device, s.file_inode, o.cpu_off, o.cpu_on, o.thread,
      s.tracked, s.open, s.file AS object, o.owner AS owner_tid, s.matched, o.request, s.activity, o.irq_ns, o.stolen_ns,
      o.faults AS minor_faults, o.detail, s.gil, s.born, s.inferred, ${STACK_OF('o')} AS stack, ${WEIGHT_OF('o')} AS stack_weight, s.by_time, s.weight
      FROM off_cpu o JOIN thread t ON t.id = o.thread JOIN wait_site s ON s.id = o.site LEFT JOIN thread w ON w.id = o.waker`,
    examples: [
      {
        question: 'What did each traced thread wait for, in total?',
        sql: 'SELECT tid, comm, kind, count(*) AS n, sum(duration_ns) / 1e6 AS ms FROM waits WHERE tracked = 1 GROUP BY tid, kind ORDER BY ms DESC LIMIT 20',
      },
    ],
  }),
  tasks: view({
    name: 'tasks',
    doc: 'traced threads and when they lived, as far as the recording saw it',
    columns: [
      field('id', 'id', 'row id'),
      ...who,
      field('start_ns', 'time', 'when it was born, or recording it began'),
      field('end_ns', 'time', 'when it ended, the recording did, or it was lost sight of; null while it goes on'),
    ],
    sql: `SELECT k.id, t.pid, t.tid, t.comm, k.start_ns, k.end_ns FROM task k JOIN thread t ON t.id = k.thread`,
    examples: [
      {
        question: 'Which threads were traced, and for how long?',
        sql: 'SELECT pid, tid, comm, (end_ns - start_ns) / 1e9 AS s FROM tasks ORDER BY s DESC LIMIT 20',
      },
    ],
  }),
  block_requests: view({
    name: 'block_requests',
    doc: 'requests to block devices: time before they were issued (queue, throttle) and time in the device',
    columns: [
      field('id', 'id', 'row id, as in evidence "block_requests:ID"'),
      field(
        'start_ns',
        'time',
        'when the thread that waited for it began to, or when it was queued if that was earlier',
      ),
      field('queued_ns', 'time', 'when it was given to the block layer, after any throttling'),
      field('issued_ns', 'time', 'when it was given to the device'),
      field('completed_ns', 'time', 'when the device had done it'),
      field('duration_ns', 'duration', 'from start to completion'),
      field('queue_ns', 'duration', 'before it was issued: throttled or queued; null when that is not known'),
      field('device_ns', 'duration', 'in the device'),
      field('device', 'text', 'major:minor'),
      field('sector', 'word', 'first sector, of 512 bytes'),
      field('bytes', 'bytes', 'size'),
      field('op', 'text', 'read, write, flush, discard'),
      ...who,
      field('error', 'number', 'status of the block layer, 0 when it succeeded'),
    ],
    sql: `SELECT b.id, b.start_ns, b.queued_ns, b.issued_ns, b.completed_ns, b.completed_ns - b.start_ns AS duration_ns,
      CASE WHEN b.queued_ns IS NOT NULL THEN b.issued_ns - b.start_ns END AS queue_ns, b.completed_ns - b.issued_ns AS device_ns,
      (b.device >> 20) || ':' || (b.device & 1048575) AS device, b.sector, b.bytes,
      coalesce(${named('b.op', requestOps)}, 'op ' || b.op) AS op, t.pid, t.tid, t.comm, b.error
      FROM block_request b LEFT JOIN thread t ON t.id = b.thread`,
    examples: [
      {
        question: 'Was the disk slow, or the queue before it?',
        sql: 'SELECT device, op, count(*) AS n, avg(queue_ns) / 1e6 AS queue_ms, avg(device_ns) / 1e6 AS device_ms FROM block_requests GROUP BY device, op',
      },
    ],
  }),
  files: view({
    name: 'files',
    doc: 'files, pipes and sockets that threads waited for; of sockets both ends',
    columns: [
      field('id', 'id', 'as in waits.object'),
      field('inode', 'word', 'inode'),
      field('device', 'number', 'device of its file system, or number of a device file: major << 20 | minor'),
      field('type', 'number', 'as wait_site.file_type'),
      field('name', 'untrusted_text', 'path, or what it is called in /proc/PID/fd'),
      field('local', 'untrusted_text', 'address of a socket'),
      field('remote', 'untrusted_text', 'address of the other end'),
      field('peer_pid', 'pid', 'process at the other end, where it is on this host'),
      field('peer_comm', 'comm', 'its name'),
    ],
    sql: 'SELECT id, inode, device, type, name, local, remote, peer_pid, peer_comm FROM file',
    examples: [
      {
        question: 'Which files, pipes and sockets were waited for longest?',
        sql: 'SELECT f.name, f.remote, f.peer_comm, count(*) AS n, sum(w.blocked_ns) / 1e6 AS ms FROM waits w JOIN files f ON f.id = w.object GROUP BY f.id ORDER BY ms DESC LIMIT 10',
      },
    ],
  }),
  packet_drops: view({
    name: 'packet_drops',
    doc: 'packets that the kernel dropped, of all programs, by its own reason',
    columns: [
      field('id', 'id', 'row id'),
      field('start_ns', 'time', 'from'),
      field('end_ns', 'time', 'to'),
      field('reason', 'text', 'why'),
      field('count', 'count', 'packets'),
    ],
    sql: 'SELECT id, start_ns, end_ns, reason, count FROM packet_drop',
    examples: [
      {
        question: 'Which packets were dropped, and why?',
        sql: 'SELECT reason, sum(count) AS n FROM packet_drops GROUP BY reason ORDER BY n DESC',
      },
    ],
  }),
  scopes: view({
    name: 'scopes',
    doc: 'stretches of a thread in the kernel that overlap running and waiting: memory reclaim and compaction',
    columns: [
      field('id', 'id', 'row id, as in evidence "scopes:ID"'),
      field('start_ns', 'time', 'from'),
      field('duration_ns', 'duration', 'how long'),
      ...who,
      field('kind', 'text', Object.keys(scopeKinds).join(', ')),
      field('detail', 'number', 'order of the allocation'),
      field('value', 'word', 'pages reclaimed'),
    ],
    sql: `SELECT c.id, c.start_ns, c.duration_ns, t.pid, t.tid, t.comm, ${named('c.kind', scopeKinds)} AS kind, c.detail, c.value
      FROM scope c JOIN thread t ON t.id = c.thread`,
    examples: [
      {
        question: 'Who had to free memory before it could allocate?',
        sql: 'SELECT pid, comm, kind, count(*) AS n, sum(duration_ns) / 1e6 AS ms FROM scopes GROUP BY pid, kind ORDER BY ms DESC',
      },
    ],
  }),
  moments: view({
    name: 'moments',
    doc: 'things that happened at one time: signals, OOM kills, TCP retransmissions',
    columns: [
      field('id', 'id', 'row id, as in evidence "moments:ID"'),
      field('time_ns', 'time', 'when'),
      ...who,
      field('kind', 'text', Object.keys(momentKinds).join(', ')),
      field('value', 'word', 'number of the signal, pages of the victim, inode of the socket'),
      field(
        'detail',
        'number',
        'what the kernel adds: result of sending a signal, uid of the victim, ports of the connection (own << 16 | far)',
      ),
      field('by_pid', 'pid', 'process that did it'),
      field('by_tid', 'tid', 'thread that did it'),
      field('by_comm', 'comm', 'its name'),
    ],
    sql: `SELECT m.id, m.time_ns, t.pid, t.tid, t.comm, ${named('m.kind', momentKinds)} AS kind, m.value, m.detail, b.pid AS by_pid,
      b.tid AS by_tid, b.comm AS by_comm FROM moment m LEFT JOIN thread t ON t.id = m.thread LEFT JOIN thread b ON b.id = m.by`,
    examples: [
      {
        question: 'Which signals were sent to traced processes, and by whom?',
        sql: "SELECT pid, comm, value AS signal, by_pid, by_comm, count(*) AS n FROM moments WHERE kind = 'signal' GROUP BY pid, value, by_pid ORDER BY n DESC",
      },
    ],
  }),
} as const;
