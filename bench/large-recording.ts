// Writes a big recording quickly, through the writer that a recorder uses: training jobs with loaders, servers and what they
// wait for, 10 million rows an hour of it, with a few incidents in which something is slow. The same rows each time.
import { argumentNames } from '../src/catalogue/arguments.ts';
import { calls } from '../src/catalogue/calls.ts';
import { stackReasons, wakerContexts } from '../src/catalogue/events.ts';
import type { FrameRow } from '../src/store/stack-writer.ts';
import type { WaitSite } from '../src/store/wait-writer.ts';
import { RecordingWriter } from '../src/store/writer.ts';

const TRAINERS = 4;
const SERVERS = 4;
const SERVER_THREADS = 8;
const CPUS = 16;
/** Time from one step of any trainer to the next, and the rows of it, about. */
const STEP_NS = 29e6;
const ROWS_A_STEP = 80;
const LAUNCHES = 18;
const COPIES = 4;
const COMMIT_NS = 2e9;
/** How many times longer a read takes while the disk is slow. */
const SLOW = 800;

const opOf = (name: string): number => {
  const found = calls.find(({ op }) => op === name);
  if (found === undefined) throw new Error(`no call ${name} in the catalogue`);
  return found.id;
};
const ops = {
  launch: opOf('cudaLaunchKernel'),
  inner: opOf('cuLaunchKernel'),
  copy: opOf('cudaMemcpyAsync'),
  innerCopy: opOf('cuMemcpyHtoDAsync'),
  sync: opOf('cudaStreamSynchronize'),
  query: opOf('cudaEventQuery'),
  malloc: opOf('cudaMalloc'),
  free: opOf('cudaFree'),
} as const;
const NOT_READY = 600;
const NO_MEMORY = 2;

/** A fixed sequence from 0 to 1 (linear congruential, constants of Numerical Recipes). */
const sequence = () => {
  let state = 12345;
  return (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

const PLAIN: WaitSite = {
  ...{ state: 1, syscall: null, iowait: 0, throttled: 0, file_type: 0, file_device: 0, file_inode: 0, file: null },
  ...{ futex_op: null, waker_context: 0, waker_syscall: null, held: 0, activity: null, gil: 0, matched: 0, tracked: 1 },
  ...{ open: 0, born: 0, inferred: 0, kernel_thread: 0, by_time: 0 },
};

const python = (name: string, line: number): FrameRow => ({
  ...{ kind: 'python', name, module: null, path: null, offset: 0, file: '/srv/train/train.py', line },
});
const native = (name: string): FrameRow => ({
  ...{ kind: 'native', name, module: 'libtorch.so', path: '/usr/lib/libtorch.so', offset: 16, file: null, line: null },
});

/** Writes about so many rows. Returns how many there are, and how long the recording is, in ns. */
export const writeLarge = (path: string, wanted: number): { readonly rows: number; readonly length: number } => {
  const writer = new RecordingWriter(path, {
    ...{ started_unix_ns: '1700000000000000000', recorder_pid: 0, host: 'bench', cpus: CPUS, sample_hz: 49 },
    ...{ kernel: '6.12.0', arch: 'x64', version: 'bench' },
  });
  const { waits, stacks } = writer;
  const random = sequence();
  const between = (from: number, to: number): number => Math.floor(from + random() * (to - from));
  let rows = 0;

  const addProcess = (pid: number, comm: string, tracked: 0 | 1, parent_pid = 1) =>
    writer.process({
      ...{ pid, comm, tracked, parent_pid, start_ns: 0, end_ns: null, exe: `/usr/bin/${comm}`, args: comm, uid: 1000 },
      ...{ cgroup: `/system.slice/${comm}.service`, container: null, exit_code: null, note: null },
    });
  const addThread = (pid: number, tid: number, comm: string): number => {
    const id = writer.threadId(pid, tid, comm);
    waits.taskBorn(id, 0);
    return id;
  };
  const trainers = Array.from({ length: TRAINERS }, (_, i) => {
    const pid = 1000 + 100 * i;
    addProcess(pid, 'python3', 1);
    const [main, first, second, pin] = [
      addThread(pid, pid, 'python3'),
      addThread(pid, pid + 1, 'pt_data_worker'),
      addThread(pid, pid + 2, 'pt_data_worker'),
      addThread(pid, pid + 3, 'pt_data_pin'),
    ];
    return { pid, main, loaders: [first, second], pin, cpu: 4 * i };
  });
  const servers = Array.from({ length: SERVERS }, (_, i) => {
    const pid = 5000 + 100 * i;
    addProcess(pid, 'server', 1);
    return Array.from({ length: SERVER_THREADS }, (__, n) =>
      addThread(pid, pid + n, n === 0 ? 'server' : `worker-${n}`),
    );
  }).flat();
  addProcess(9000, 'stress', 0);
  addProcess(77, 'kworker/3:1', 0, 2);
  const stress = writer.threadId(9000, 9000, 'stress');
  const kworker = writer.threadId(77, 77, 'kworker/3:1');
  const idle = writer.threadId(0, 0, 'swapper');

  const argumentsOf = (values: Readonly<Record<string, number>>): number =>
    writer.argumentsId(
      argumentNames.map((name) => values[name] ?? null),
      false,
    );
  const functions = Array.from({ length: 40 }, (_, i) => argumentsOf({ fn: 0x7f0000000000 + i * 4096, stream: 7 }));
  const sizes = [12, 16, 20, 24].map((bits) => argumentsOf({ bytes: 2 ** bits, stream: 7 }));
  const [none = 0, stream = 0, allocated = 0] = [
    argumentsOf({}),
    argumentsOf({ stream: 7 }),
    argumentsOf({ bytes: 2 ** 22 }),
  ];

  const { task, irq, timer, block } = wakerContexts;
  const site = (parts: Partial<WaitSite>): number => waits.siteId({ ...PLAIN, ...parts });
  const sites = {
    data: site({ syscall: 'futex', waker_context: task, waker_syscall: 'futex', matched: 1 }),
    gpu: site({ syscall: 'ioctl', waker_context: irq }),
    put: site({ state: 0 }),
    disk: site({ state: 2, syscall: 'read', iowait: 1, file_type: 4, waker_context: block }),
    sleep: site({ syscall: 'clock_nanosleep', waker_context: timer }),
    poll: site({ syscall: 'epoll_wait', waker_context: task, waker_syscall: 'sendto', file_type: 9 }),
    socket: site({ syscall: 'recvfrom', file_type: 3, waker_context: wakerContexts.softirq }),
    far: site({ syscall: 'futex', waker_context: task, tracked: 0 }),
  } as const;

  /** Ids of stacks that were defined once, by their places: each is taken many times. */
  const known: number[] = [];
  const stackOf = (reason: number, place: number, op: number | null): number => {
    const taken = stacks.take(reason, reason === stackReasons.call ? 1 : 10, op);
    const found = known[place];
    if (found === undefined) {
      const frames = [
        native(`at::op_${place % 7}`),
        python(`forward_${place % 5}`, 100 + place),
        python('train', 42),
        native('main'),
      ];
      known[place] = stacks.define(taken, 1000, frames, true);
    } else stacks.same(taken, found);
    return taken;
  };

  const call = (
    pid: number,
    thread: number,
    op: number,
    start: number,
    duration: number,
    args: number,
    depth = 0,
    ret = 0,
    ptr = 0,
  ) => {
    const isTaken = depth === 0 && (duration > 1e6 ? random() < 0.5 : random() < 0.01);
    writer.call(
      start,
      duration,
      thread,
      op,
      depth,
      ret,
      args,
      ptr,
      isTaken ? stackOf(stackReasons.call, op % 50, op) : 0,
    );
    writer.totals.add(pid, op, start + duration, duration, ret !== 0);
    rows++;
  };
  const wait = (
    thread: number,
    siteId: number,
    start: number,
    blocked: number,
    runnable: number,
    cpu: number,
    { waker = null, request = null }: { readonly waker?: number | null; readonly request?: number | null } = {},
  ) => {
    const isTaken = blocked > 20e6 || random() < 0.02;
    waits.offCpu({
      ...{ start, blocked, runnable, thread, site: siteId, arg0: 0x7f1000 + thread, waker, cpuOff: cpu, cpuOn: cpu },
      ...{ request, owner: null, irq: 0, stolen: 0, faults: 0, detail: null },
      taken: isTaken ? stackOf(stackReasons.wait, 50 + (siteId % 10), null) : null,
    });
    rows++;
  };
  const slice = (cpu: number, start: number, duration: number, thread: number) => {
    waits.runSlice(start, duration, cpu, thread);
    rows++;
  };

  /** When each trainer is done with its last step. */
  const busyUntil = trainers.map(() => 0);
  const length = Math.ceil((wanted / ROWS_A_STEP) * STEP_NS);
  const isIn = (time: number, from: number, to: number): boolean => time >= from * length && time < to * length;
  let committed = 0;
  let steps = 0;
  for (let now = 0; rows < wanted; now += STEP_NS, steps++) {
    const turn = steps % TRAINERS;
    const trainer = trainers[turn];
    if (trainer === undefined || now < (busyUntil[turn] ?? 0)) continue;
    const { pid, main, loaders, pin, cpu } = trainer;
    // Incidents: somebody else on the CPUs of the first trainer, a disk that makes the steps of the second late, memory that
    // takes long for the third.
    const crowded = pid === 1000 && isIn(now, 0.3, 0.32);
    const slowDisk = pid === 1100 && isIn(now, 0.6, 0.62);
    const slowMemory = pid === 1200 && steps % 4000 === 2;
    const began = now + between(0, 200_000);
    let at = began;
    // The loaders read, the first hands over to the thread that pins memory, and that one to the trainer.
    const reads = loaders.map(() => between(150_000, 600_000) * (slowDisk ? SLOW : 1));
    const pinned = (reads[0] ?? 0) + between(40_000, 90_000);
    const waited = pinned + between(30_000, 200_000);
    for (const [i, loader] of loaders.entries()) {
      const read = reads[i] ?? 0;
      const issued = at + 20_000;
      const request = waits.blockRequest({
        ...{ start: at, queued: at + 5_000, issued, completed: at + read, device: (8 << 20) | 1, sector: steps * 8 },
        ...{ bytes: 131_072, op: 0, thread: loader, error: 0 },
      });
      rows++;
      wait(loader, sites.disk, at, read, between(3_000, 30_000), cpu + 1, { request });
      wait(loader, sites.data, at + read + 200_000, between(1e6, 6e6), 4_000, cpu + 1, { waker: pin });
    }
    wait(pin, sites.data, at, pinned, 5_000, cpu + 2, { waker: loaders[0] ?? null });
    wait(main, sites.data, at, waited, between(4_000, 40_000), cpu, { waker: pin });
    at += waited + 50_000;
    for (let i = 0; i < LAUNCHES; i++) {
      const args = functions[(steps + i) % functions.length] ?? none;
      const held = crowded && i % 6 === 0 ? between(3e6, 9e6) : 0;
      const own = between(4_000, 9_000);
      call(pid, main, ops.inner, at + 1_000, own - 2_000 + held, args, 1);
      call(pid, main, ops.launch, at, own + held, args);
      if (held > 0) {
        wait(main, sites.put, at + 2_000, 0, held, cpu);
        slice(cpu, at + 2_000, held, stress);
      }
      at += own + held + between(5_000, 20_000);
    }
    for (let i = 0; i < COPIES; i++) {
      const args = sizes[(steps + i) % sizes.length] ?? none;
      const own = between(8_000, 30_000);
      call(pid, main, ops.innerCopy, at + 1_000, own - 2_000, args, 1);
      call(pid, main, ops.copy, at, own, args);
      at += own + between(5_000, 20_000);
    }
    if (steps % 8 < 4) {
      const own = slowMemory ? between(80e6, 200e6) : between(30_000, 90_000);
      const pointer = 0x7f8000000000 + (steps % 1000) * 4096;
      const fails = steps % 20_011 === 11;
      call(pid, main, ops.malloc, at, own, allocated, 0, fails ? NO_MEMORY : 0, fails ? 0 : pointer);
      at += own + 10_000;
      call(pid, main, ops.free, at, between(20_000, 60_000), none, 0, 0, pointer);
      at += 80_000;
    }
    for (let i = 0; i < 3; i++) {
      call(pid, main, ops.query, at, between(700, 1_500), none, 0, i < 2 ? NOT_READY : 0);
      at += 20_000;
    }
    const device = between(4e6, 9e6);
    wait(main, sites.gpu, at + 10_000, device - 40_000, between(5_000, 25_000), cpu);
    slice(cpu, at + device - 30_000, 25_000, idle);
    call(pid, main, ops.sync, at, device, stream);
    at += device;
    busyUntil[turn] = Math.max(at, began + Math.max(...reads) + 10e6);
    for (let i = 0; i < SERVER_THREADS; i++) {
      const server = servers[(steps * SERVER_THREADS + i) % servers.length] ?? 1;
      const kind = i % 3 === 0 ? sites.socket : i % 3 === 1 ? sites.poll : sites.sleep;
      const waker = i % 3 === 1 ? (servers[(steps + i) % servers.length] ?? null) : null;
      wait(server, kind, now + i * 3e6, between(1e6, 60e6), between(2_000, 50_000), (i + 3) % CPUS, { waker });
      slice((i + 3) % CPUS, now + i * 3e6 + 1e6, between(10_000, 400_000), i % 2 === 0 ? kworker : server);
    }
    wait(servers[steps % servers.length] ?? 1, sites.far, now, between(1e6, 4e6), 2_000, 3, { waker: kworker });
    for (let i = 0; i < 3; i++) {
      stacks.sample(
        now + i * 10e6,
        i === 0 ? main : (servers[(steps + i) % servers.length] ?? 1),
        cpu,
        stackOf(stackReasons.sample, 70 + (steps % 20), null),
      );
      rows++;
    }
    if (now - committed < COMMIT_NS) continue;
    writer.commit(now);
    committed = now;
  }
  const end = steps * STEP_NS + 100e6;
  for (let id = 1; id <= trainers.length * 4 + servers.length; id++) waits.taskEnded(id, end, id);
  writer.close(end);
  return { rows, length: end };
};
