// Writes what the scheduler, the disks and the memory did: waits, who ran meanwhile, requests, lives of threads.
// Knows tables and times, not where rows come from or what they mean.
import { Batch } from './batch.ts';
import type { Sealer } from './evidence/sealer.ts';
import { createInterner } from './interner.ts';
import type { Database } from './open.ts';
import { Segment, type SegmentIds } from './segment.ts';

type Flag = 0 | 1;

export type WaitSite = {
  /** null, as further down, when it is not known. */
  readonly state: number | null;
  readonly syscall: string | null;
  readonly iowait: Flag | null;
  readonly throttled: Flag | null;
  readonly file_type: number;
  readonly file_device: number;
  readonly file_inode: number;
  readonly file: number | null;
  readonly futex_op: number | null;
  readonly waker_context: number;
  readonly waker_syscall: string | null;
  readonly held: Flag;
  readonly activity: string | null;
  readonly gil: Flag | null;
  readonly matched: Flag;
  readonly tracked: Flag;
  readonly open: Flag;
  readonly born: Flag;
  readonly inferred: Flag;
  readonly kernel_thread: Flag;
  /** What was found by times alone: 0 nothing, 1 its request, 2 its timer. */
  readonly by_time: 0 | 1 | 2;
  /** How many waits like it a row stands for, 1 unless told. */
  readonly weight?: number;
};

/** Names in the order of the columns; each must be a member of `WaitSite`. */
const SITE_COLUMNS = [
  'state',
  'syscall',
  'iowait',
  'throttled',
  'file_type',
  'file_device',
  'file_inode',
  'file',
  'futex_op',
  'waker_context',
  'waker_syscall',
  'held',
  'activity',
  'gil',
  'matched',
  'tracked',
  'open',
  'born',
  'inferred',
  'kernel_thread',
  'by_time',
  'weight',
] as const satisfies readonly (keyof WaitSite)[];

/** An interval off the CPU; times in ns, ids of other rows, null for what there is not. */
export type OffCpuRow = {
  readonly start: number;
  readonly blocked: number;
  readonly runnable: number;
  readonly thread: number;
  readonly site: number;
  readonly arg0: number | null;
  readonly waker: number | null;
  readonly cpuOff: number | null;
  readonly cpuOn: number | null;
  readonly request: number | null;
  readonly owner: number | null;
  readonly irq: number | null;
  readonly stolen: number | null;
  readonly faults: number | null;
  readonly detail: number | null;
  /** Of `stacks.take`. */
  readonly taken: number | null;
};

export type FileRow = {
  readonly inode: number;
  readonly device: number;
  readonly type: number;
  readonly name: string | null;
  readonly local: string | null;
  readonly remote: string | null;
  readonly peer_pid: number | null;
  readonly peer_comm: string | null;
};
const FILE_COLUMNS = ['inode', 'device', 'type', 'name', 'local', 'remote', 'peer_pid', 'peer_comm'] as const;

export type BlockRequestRow = {
  readonly start: number;
  readonly queued: number | null;
  readonly issued: number;
  readonly completed: number;
  readonly device: number | null;
  readonly sector: number;
  readonly bytes: number;
  readonly op: number;
  readonly thread: number | null;
  readonly error: number | null;
};

/** Something at one time or in a stretch; the numbers are what its kind says. */
export type NoteRow = {
  readonly time: number;
  readonly thread: number | null;
  readonly kind: number;
  readonly value: number | null;
  readonly detail: number | null;
};

/** The part of a recording's writer that is about waiting. `flush` writes what is held back; `isLast`: nothing comes after it. */
export type WaitWriter = {
  readonly siteId: (site: WaitSite) => number;
  readonly fileId: (file: FileRow) => number;
  /** Returns the id of the row. */
  readonly offCpu: (row: OffCpuRow) => number;
  /** Who ran on a CPU while somebody was ready. */
  readonly runSlice: (start: number, duration: number, cpu: number, thread: number) => void;
  readonly blockRequest: (row: BlockRequestRow) => number;
  /** A thread is seen from now on. Returns the id of its row. */
  readonly taskBorn: (thread: number, start: number) => number;
  /** A thread that goes on is from now on this row of `thread`. */
  readonly taskNamed: (id: number, thread: number) => void;
  /** `thread`: its name at the end. */
  readonly taskEnded: (id: number, end: number, thread: number) => void;
  readonly scope: (row: NoteRow & { readonly duration: number }) => void;
  readonly moment: (row: NoteRow & { readonly by: number | null }) => void;
  /** Packets dropped between two times. */
  readonly packetDrops: (start: number, end: number, reason: string, count: number) => void;
  /** Ids of sites and files from before are not given again. */
  readonly forget: () => void;
  readonly flush: (isLast?: boolean) => void;
};

/** `takenNow`: as `idNow` of `StackWriter`. */
export const createWaitWriter = (
  database: Database,
  takenNow: (taken: number) => number | null,
  sealer?: Sealer,
  segmentIds: SegmentIds = { last: 0 },
): WaitWriter => {
  const sites = createInterner(database, 'wait_site', SITE_COLUMNS);
  const files = createInterner(database, 'file', FILE_COLUMNS);
  const offCpu = new Batch(
    database,
    'off_cpu',
    [
      'start_ns',
      'blocked_ns',
      'runnable_ns',
      'thread',
      'site',
      'arg0',
      'waker',
      'cpu_off',
      'cpu_on',
      'request',
      'owner',
      'irq_ns',
      'stolen_ns',
      'faults',
      'detail',
      'taken',
    ],
    sealer,
  );
  const slices = new Batch(database, 'run_slice', ['start_ns', 'duration_ns', 'cpu', 'thread'], sealer);
  const requests = new Batch(
    database,
    'block_request',
    ['start_ns', 'queued_ns', 'issued_ns', 'completed_ns', 'device', 'sector', 'bytes', 'op', 'thread', 'error'],
    sealer,
  );
  const scopes = new Batch(database, 'scope', ['start_ns', 'duration_ns', 'thread', 'kind', 'detail', 'value'], sealer);
  const moments = new Batch(database, 'moment', ['time_ns', 'thread', 'kind', 'value', 'detail', 'by'], sealer);
  const offCpuSegment = new Segment(database, 'off_cpu', offCpu, segmentIds);
  const sliceSegment = new Segment(database, 'run_slice', slices, segmentIds);
  const insertTask = database.prepare('INSERT INTO task (id, thread, start_ns) VALUES (?, ?, ?)');
  const endTask = database.prepare('UPDATE task SET end_ns = ?, thread = ? WHERE id = ?');
  const nameTask = database.prepare('UPDATE task SET thread = ? WHERE id = ?');
  const insertDrops = database.prepare(
    'INSERT INTO packet_drop (id, start_ns, end_ns, reason, count) VALUES (?, ?, ?, ?, ?)',
  );
  let lastTask = 0;
  let lastDrop = 0;
  /** Puts values into the next row of a batch. */
  const put = (batch: Batch, row: readonly (number | null)[]): number => {
    const at = batch.next();
    for (let i = 0; i < row.length; i++) batch.values[at + i] = row[i] ?? null;
    return batch.lastId;
  };
  return {
    siteId: ({ weight = 1, ...site }) =>
      sites.idOf(SITE_COLUMNS.map((name) => (name === 'weight' ? weight : site[name]))),
    fileId: (file) => files.idOf(FILE_COLUMNS.map((name) => file[name])),
    offCpu: ({ start, blocked, runnable, thread, site, arg0, waker, cpuOff, cpuOn, request, owner, ...rest }) => {
      const at = offCpu.next();
      const { values } = offCpu;
      values[at] = start;
      values[at + 1] = blocked;
      values[at + 2] = runnable;
      values[at + 3] = thread;
      values[at + 4] = site;
      values[at + 5] = arg0;
      values[at + 6] = waker;
      values[at + 7] = cpuOff;
      values[at + 8] = cpuOn;
      values[at + 9] = request;
      values[at + 10] = owner;
      values[at + 11] = rest.irq;
      values[at + 12] = rest.stolen;
      values[at + 13] = rest.faults;
      values[at + 14] = rest.detail;
      values[at + 15] = rest.taken === null ? null : takenNow(rest.taken);
      offCpuSegment.saw(start, blocked + runnable);
      return offCpu.lastId;
    },
    runSlice: (start, duration, cpu, thread) => {
      put(slices, [start, duration, cpu, thread]);
      sliceSegment.saw(start, duration);
    },
    blockRequest: (row) =>
      put(requests, [
        row.start,
        row.queued,
        row.issued,
        row.completed,
        row.device,
        row.sector,
        row.bytes,
        row.op,
        row.thread,
        row.error,
      ]),
    taskBorn: (thread, start) => {
      lastTask++;
      insertTask.run(lastTask, thread, start);
      return lastTask;
    },
    taskNamed: (id, thread) => void nameTask.run(thread, id),
    taskEnded: (id, end, thread) => {
      endTask.run(end, thread, id);
    },
    scope: ({ time, duration, thread, kind, detail, value }) =>
      void put(scopes, [time, duration, thread, kind, detail, value]),
    moment: ({ time, thread, kind, value, detail, by }) => void put(moments, [time, thread, kind, value, detail, by]),
    packetDrops: (start, end, reason, count) => {
      insertDrops.run(++lastDrop, start, end, reason, count);
    },
    forget: () => {
      sites.forget();
      files.forget();
    },
    flush: (isLast = false) => {
      for (const batch of [offCpu, slices, requests, scopes, moments]) batch.flush();
      offCpuSegment.flush(isLast);
      sliceSegment.flush(isLast);
    },
  };
};
