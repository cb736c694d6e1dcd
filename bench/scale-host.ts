// A host of many CPUs, made up: rings of the size that such a host has, in files instead of the kernel, filled with calls of
// many threads, and read by the program's own reader into a real recording. What is measured is the reading side alone.
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startClock } from '../src/capture/clock.ts';
import { drainInTurn } from '../src/capture/drain-rings.ts';
import { type Address, loadSystem, type System, viewOf } from '../src/capture/libbpf.ts';
import { mapRing } from '../src/capture/ring.ts';
import { sizesFor } from '../src/capture/sizes.ts';
import { calls as catalogue } from '../src/catalogue/calls.ts';
import { layoutOf } from '../src/catalogue/derive/layout.ts';
import { events } from '../src/catalogue/events.ts';
import { createCallEvents } from '../src/record/call-events.ts';
import { createThreads } from '../src/record/threads.ts';
import { newKey } from '../src/store/evidence/key.ts';
import { RecordingWriter } from '../src/store/writer.ts';

const HEADER = 8;
const layout = layoutOf(events.call.fields);
const RECORD = Math.ceil((layout.size + HEADER) / 8) * 8;
/** Calls of a step of time, as many as a drain finds. */
const BURST = 2000;
/** Events between two commits: half a second at 200,000 a second. */
const COMMIT_EVERY = 100_000;
const PROCESSES = 20;
/** Beyond what any kernel gives: nobody has these ids. */
const FIRST_PID = 5_000_000;

export type MadeUpHost = { readonly cpus: number; readonly threads: number; readonly calls: number };
export type HostCost = {
  /** CPU time of the reading side for one call, in us. */
  readonly cpuUs: number;
  /** Of the file, for one call. */
  readonly bytes: number;
  readonly rings: number;
  /** Calls that were read. */
  readonly recorded: number;
};

/** A ring in a file, laid out as the kernel lays out its own, with room for what it maps twice. */
const fileRing = (system: System, path: string, size: number) => {
  const fd = openSync(path, 'w+');
  ftruncateSync(fd, 2 * system.pageSize + 2 * size);
  const length = system.pageSize + 2 * size;
  const written: Address | undefined = system.mapShared(fd, system.pageSize, length, true);
  const ring = mapRing(system, fd, size);
  closeSync(fd);
  if (written === undefined || ring === undefined) throw new Error(`cannot map ${path}`);
  const view = viewOf(written, length);
  const producer = new BigInt64Array(view, 0, 1);
  const data = Buffer.from(view, system.pageSize, 2 * size);
  let position = 0;
  return {
    ring,
    put: (record: Buffer) => {
      // Past the end it goes on in the second half, where a reader of the double mapping goes on, too.
      record.copy(data, position % size);
      position += record.length;
    },
    publish: () => Atomics.store(producer, 0, BigInt(position)),
  };
};

/** Numbers that look random and are the same in every run: xorshift32. */
const numbers = () => {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
};

const OPS = ['cudaLaunchKernel', 'cudaEventQuery', 'cudaMemcpyAsync', 'cudaStreamSynchronize'];

const fill = (
  record: Buffer,
  {
    cpu,
    pid,
    tid,
    time,
    duration,
    op,
  }: Readonly<Record<'cpu' | 'pid' | 'tid' | 'duration' | 'op', number>> & { readonly time: bigint },
) => {
  const at = (name: Parameters<typeof layout.at>[0]) => HEADER + layout.at(name).offset;
  record.writeUInt32LE(layout.size, 0);
  record.writeUInt32LE(events.call.id, at('type'));
  record.writeUInt32LE(cpu, at('cpu'));
  record.writeUInt32LE(pid, at('pid'));
  record.writeUInt32LE(tid, at('tid'));
  record.writeBigUInt64LE(time, at('start'));
  record.writeBigUInt64LE(BigInt(duration), at('duration'));
  record.writeUInt16LE(op, at('op'));
};

/** Records the calls of a made-up host into a file below `folder`. */
export const recordHost = (folder: string, { cpus, threads: count, calls }: MadeUpHost): HostCost => {
  const system = loadSystem();
  const { rings: ringCount, ringBytes, shardShift } = sizesFor(cpus, system.pageSize);
  const rings = join(folder, 'rings');
  mkdirSync(rings);
  const path = join(folder, 'host.db');
  const made = Array.from({ length: ringCount }, (_, i) => fileRing(system, join(rings, String(i)), ringBytes));
  const clock = startClock();
  const writer = new RecordingWriter(path, { version: 'bench' }, newKey());
  const threads = createThreads(writer, () => {});
  const handle = createCallEvents({ writer, threads, clock, stackOf: () => 0 });
  const drain = drainInTurn(made.map(({ ring }) => ring));
  const pidOf = (thread: number) => FIRST_PID + (thread % PROCESSES);
  for (let i = 0; i < count; i++) threads.name(pidOf(i), FIRST_PID + PROCESSES + i, `worker-${i % 8}`);
  const ids = catalogue.flatMap(({ id, op }) => (OPS.includes(op) ? [id] : []));
  const random = numbers();
  const record = Buffer.alloc(RECORD);
  let time = BigInt(clock.monotonicStart);
  let used = 0;
  let read = 0;
  const measured = (step: () => void) => {
    const before = process.cpuUsage();
    step();
    const { user, system: inKernel } = process.cpuUsage(before);
    used += user + inKernel;
  };
  for (let done = 0; done < calls; done += BURST) {
    for (let i = 0; i < BURST; i++) {
      const thread = random() % count;
      const cpu = random() % cpus;
      time += 5000n;
      const op = ids[random() % ids.length] ?? 0;
      fill(record, {
        cpu,
        pid: pidOf(thread),
        tid: FIRST_PID + PROCESSES + thread,
        time,
        duration: 1000 + (random() % 50_000),
        op,
      });
      made[cpu >> shardShift]?.put(record);
    }
    for (const { publish } of made) publish();
    measured(() => {
      for (let step = drain(handle, BURST); step > 0; step = drain(handle, BURST)) read += step;
      if (read % COMMIT_EVERY < BURST) writer.commit(clock.now());
    });
  }
  measured(() => writer.close(clock.now()));
  rmSync(rings, { recursive: true });
  return { cpuUs: used / calls, bytes: statSync(path).size / calls, rings: ringCount, recorded: read };
};

if (import.meta.main) {
  const [folder = '', cpus = '2', threads = '8', calls = '1000'] = process.argv.slice(2);
  const cost = recordHost(folder, { cpus: Number(cpus), threads: Number(threads), calls: Number(calls) });
  process.stdout.write(`${JSON.stringify(cost)}\n`);
}
