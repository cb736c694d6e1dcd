// Builds a recording from a few lines, through the same writer that the recorder uses. For tests only.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ArgumentName, argumentNames } from '../src/catalogue/arguments.ts';
import { calls } from '../src/catalogue/calls.ts';
import { stackReasons } from '../src/catalogue/events.ts';
import { type EvidenceKey, newKey } from '../src/store/evidence/key.ts';
import type { AlertRow } from '../src/store/live-writer.ts';
import type { Keep } from '../src/store/retention/keep.ts';
import type { FrameRow } from '../src/store/stack-writer.ts';
import type { OffCpuRow, WaitSite } from '../src/store/wait-writer.ts';
import { RecordingWriter } from '../src/store/writer.ts';

const opId = (op: string): number => {
  const found = calls.find((call) => call.op === op);
  if (found === undefined) throw new Error(`no call ${op} in the catalogue`);
  return found.id;
};

export type SceneThread = { readonly pid: number; readonly tid: number; readonly comm: string };
/** A frame by its function alone is a native one of /usr/bin/scene. A module is given by its path. */
export type SceneFrame = string | Partial<FrameRow>;
/** The stack of a call, a wait or a sample, the innermost frame first, and how many of them it stands for. */
type StackParts = {
  readonly stack?: readonly SceneFrame[];
  readonly weight?: number;
  readonly complete?: boolean;
};
type CallParts = StackParts & {
  readonly depth?: number;
  readonly ret?: number;
  readonly args?: Partial<Record<ArgumentName, number>>;
  readonly ptr?: number;
};
type WaitParts = StackParts &
  Partial<WaitSite> &
  Partial<Pick<OffCpuRow, 'request' | 'owner' | 'cpuOff'>> & {
    readonly runnable?: number;
    readonly waker?: SceneThread;
    readonly arg0?: number;
    readonly cpu?: number;
    /** Of `takeWait`, instead of a stack that is taken now. */
    readonly taken?: number | null;
  };

const plainSite: WaitSite = {
  state: 1,
  syscall: null,
  iowait: 0,
  throttled: 0,
  file_type: 0,
  file_device: 0,
  file_inode: 0,
  file: null,
  futex_op: null,
  waker_context: 0,
  waker_syscall: null,
  held: 0,
  activity: null,
  gil: 0,
  matched: 0,
  tracked: 1,
  open: 0,
  born: 0,
  inferred: 0,
  kernel_thread: 0,
  by_time: 0,
};

const plainAlert: Omit<AlertRow, 'id' | 'time_ns'> = {
  ...{
    watch: 'network',
    rule: 'packets_policy',
    severity: 'medium',
    title: 'packets were dropped by a rule of this host',
  },
  ...{ technique: null, pid: null, comm: null, exe: null, exe_id: null, uid: null, container: null, parents: '[]' },
  ...{ facts: '{"class":"policy"}', evidence: '[]', benign: 'a firewall that does what it is told drops packets' },
};

/** A frame of Python. */
export const pythonFrame = (name: string, file: string, line: number): SceneFrame => ({
  kind: 'python',
  name,
  file,
  line,
  module: null,
  path: null,
  offset: 0,
});

/** As a recording holds it: the module is the last part of its path. */
const frameOf = (frame: SceneFrame): FrameRow => {
  const given: FrameRow = {
    ...{ kind: 'native', name: null, module: '/usr/bin/scene', path: null, offset: 4, file: null, line: null },
    ...(typeof frame === 'string' ? { name: frame } : frame),
  };
  const { module } = given;
  return module?.startsWith('/') ? { ...given, module: basename(module), path: module } : given;
};

/** A recording under construction, sealed if that is asked for. All times in ns. `done` closes it and returns its path. */
export const scene = (
  facts: Readonly<Record<string, string | number>> = {},
  key?: EvidenceKey | 'sealed',
  keep: Keep = {},
) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-scene-'));
  const path = join(folder, 'scene.db');
  const writer = new RecordingWriter(
    path,
    { started_unix_ns: '1700000000000000000', recorder_pid: 0, host: 'scene', ...facts },
    key === 'sealed' ? newKey() : key,
    keep,
  );
  let end = 0;
  let alerts = 0;
  const id = ({ pid, tid, comm }: SceneThread) => writer.threadId(pid, tid, comm);
  const saw = (time: number) => {
    end = Math.max(end, time);
  };
  /** Id of a stack that was taken, null when there is none. */
  const taken = (
    pid: number,
    reason: number,
    { stack = [], weight = 1, complete = true }: StackParts,
    op: number | null = null,
  ) => {
    if (stack.length === 0) return null;
    const taking = writer.stacks.take(reason, weight, op);
    writer.stacks.define(taking, pid, stack.map(frameOf), complete);
    return taking;
  };
  const build = {
    path,
    writer,
    process: (pid: number, comm: string) =>
      writer.process({
        pid,
        start_ns: 0,
        end_ns: null,
        comm,
        exe: `/usr/bin/${comm}`,
        args: comm,
        parent_pid: 1,
        uid: 0,
        cgroup: null,
        container: null,
        tracked: 1,
        exit_code: null,
        note: null,
      }),
    call: (thread: SceneThread, op: string, start: number, duration: number, parts: CallParts = {}) => {
      const args = writer.argumentsId(
        argumentNames.map((name) => parts.args?.[name] ?? null),
        false,
      );
      const [depth, ret, ptr] = [parts.depth ?? 0, parts.ret ?? 0, parts.ptr ?? 0];
      const stack = taken(thread.pid, stackReasons.call, parts, opId(op)) ?? 0;
      writer.call(start, duration, id(thread), opId(op), depth, ret, args, ptr, stack);
      writer.totals.add(thread.pid, opId(op), start + duration, duration, (parts.ret ?? 0) !== 0);
      saw(start + duration);
    },
    /** The stack of a wait that begins now and whose row comes later. */
    takeWait: (pid: number, stack: readonly SceneFrame[]) => taken(pid, stackReasons.wait, { stack }),
    /** An interval off the CPU: `blocked` ns, then `runnable` ns ready but waiting. */
    wait: (thread: SceneThread, start: number, blocked: number, parts: WaitParts = {}) => {
      const { runnable = 0, waker, arg0 = 0, cpu = 0, cpuOff = cpu, request = null, owner = null, ...site } = parts;
      const siteId = writer.waits.siteId({
        ...plainSite,
        state: blocked === 0 ? 0 : 1,
        waker_context: waker === undefined ? 0 : 1,
        ...site,
      });
      writer.waits.offCpu({
        ...{ start, blocked, runnable, thread: id(thread), site: siteId, arg0, cpuOff, cpuOn: cpu, request, owner },
        ...{ waker: waker === undefined ? null : id(waker), irq: 0, stolen: 0, faults: 0, detail: null },
        taken: parts.taken ?? taken(thread.pid, stackReasons.wait, parts),
      });
      saw(start + blocked + runnable);
    },
    slice: (thread: SceneThread, cpu: number, start: number, duration: number) => {
      writer.waits.runSlice(start, duration, cpu, id(thread));
      saw(start + duration);
    },
    /** A thread was seen running. */
    sample: (thread: SceneThread, time: number, { cpu = 0, ...parts }: StackParts & { readonly cpu?: number } = {}) => {
      writer.stacks.sample(time, id(thread), cpu, taken(thread.pid, stackReasons.sample, parts));
      saw(time);
    },
    /** An event that a watch kept, or that a subscription delivered. Returns its row. */
    liveEvent: (
      event: string,
      time: number,
      fields: Readonly<Record<string, number | string | null>> = {},
      { thread, subscription = null }: { readonly thread?: SceneThread; readonly subscription?: string | null } = {},
    ): string => {
      const source = writer.live.sourceId(event, subscription);
      const whose = { thread: thread === undefined ? null : id(thread), uid: 0, cpu: 0 };
      const row = writer.live.event({ time, source, ...whose, fields: JSON.stringify(fields) });
      saw(time);
      return `live_events:${row}`;
    },
    /** An alert; what is not told is plain. */
    alert: (time: number, parts: Partial<AlertRow> = {}) => {
      alerts++;
      writer.live.alert({ ...plainAlert, ...parts, id: alerts, time_ns: time });
      saw(time);
    },
    /** The life of a traced thread. */
    life: (thread: SceneThread, start: number, finish: number) => {
      writer.waits.taskEnded(writer.waits.taskBorn(id(thread), start), finish, id(thread));
      saw(finish);
    },
    /** A wait for a file that a request ended, a life, a scope and a moment: for tests that look at every table. */
    oneOfEach: (thread: SceneThread) => {
      const { waits } = writer;
      const common = { thread: id(thread), kind: 1, value: 9, detail: 0 };
      const file = waits.fileId({
        ...{ inode: 7, device: 1, type: 4, name: '/tmp/x', local: null, remote: null, peer_pid: null, peer_comm: null },
      });
      const request = waits.blockRequest({
        ...{ start: 0, queued: 1, issued: 2, completed: 3, device: 1, sector: 8, bytes: 4096, op: 0, error: 0 },
        thread: id(thread),
      });
      const stack = [pythonFrame('load', '/srv/app/data.py', 12), 'main'];
      build.wait(thread, 6_000, 500, { syscall: 'read', iowait: 1, file, request, stack });
      build.life(thread, 0, 10_000);
      build.sample(thread, 7_000, { stack: ['spin', 'main'] });
      waits.packetDrops(0, 1000, 'NO_SOCKET', 3);
      waits.scope({ ...common, time: 100, duration: 50 });
      waits.moment({ ...common, time: 100, by: id(thread) });
      const evidence = build.liveEvent(
        'skb:kfree_skb',
        6_200,
        { reason: 'NETFILTER_DROP', location: 'nft_do_chain' },
        { thread, subscription: 'skb:kfree_skb' },
      );
      build.alert(6_200, { evidence: JSON.stringify([evidence]), pid: thread.pid, comm: thread.comm });
      writer.live.alertAgain({ alert: 1, start: 6_300, end: 6_400, count: 2, evidence: '["live_events:1"]' });
      writer.claim({
        ...{ time_ns: 9_000, tool: 'other', severity: 'HIGH', summary: 'slow', cause: 'switches', op: 'cudaMalloc' },
        ...{ claimed_ns: 500, verdict: 'not_supported', why: 'no such call has a row', evidence: null },
      });
    },
    done: (): string => {
      writer.close(end);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return build;
};
