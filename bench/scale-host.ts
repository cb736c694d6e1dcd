// A host of many CPUs, made up: rings of the size that such a host has, in files instead of the kernel, filled with calls of
// many threads and with their switches, and read by the program's own reader into a real recording. What is measured is the
// reading side alone. Run in a process of its own; prints one JSON line.
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LARGE_HOST } from '../scripts/scale.ts';
import { type Clock, startClock } from '../src/capture/clock.ts';
import { drainInTurn } from '../src/capture/drain-rings.ts';
import { TYPE } from '../src/capture/event-words.ts';
import { type Address, loadSystem, type System, viewOf } from '../src/capture/libbpf.ts';
import { type MemoryRing, memoryRingOver } from '../src/capture/memory-ring.ts';
import { type EventHandler, mapRing } from '../src/capture/ring.ts';
import { REQUESTS, sizesFor } from '../src/capture/sizes.ts';
import { events } from '../src/catalogue/events.ts';
import { createCallEvents } from '../src/record/call-events.ts';
import { createFiles } from '../src/record/files.ts';
import { createLives } from '../src/record/lives.ts';
import { createThreads, type Threads } from '../src/record/threads.ts';
import { createWaitEvents } from '../src/record/wait-events.ts';
import { newKey } from '../src/store/evidence/key.ts';
import { openOwn } from '../src/store/open.ts';
import { RecordingWriter } from '../src/store/writer.ts';
import { createCalls } from './scale-calls.ts';
import { createSwitches, type Task, taskOf } from './scale-switches.ts';

/** Calls of a step of time, as many as a drain finds. */
const BURST = 2000;
/** Half a second of the host. */
const COMMIT_EVERY = 100_000;
const PROCESSES = 20;
/** Beyond what any kernel gives: nobody has these ids. */
const FIRST_PID = 5_000_000;
const FIRST_OTHER = 6_000_000;
/** From one call of the host to the next, and how many switches there are meanwhile, in ns. */
const CALL_NS = 1e9 / LARGE_HOST.calls;
const TRACED_A_CALL = LARGE_HOST.traced / LARGE_HOST.calls;
const OTHERS_A_CALL = (LARGE_HOST.switches - LARGE_HOST.traced) / LARGE_HOST.calls;

export type MadeUpHost = {
  readonly cpus: number;
  readonly threads: number;
  readonly calls: number;
  /** Whether it switches, too. */
  readonly switches: boolean;
};
export type HostCost = {
  /** CPU time of the reading side for one call and the switches that go with it, in us. */
  readonly cpuUs: number;
  /** Of the file, for the same. */
  readonly bytes: number;
  readonly rings: number;
  /** Events that were read, and how many there were. */
  readonly recorded: number;
  readonly made: number;
  /** Waits that could not be followed. */
  readonly lost: number;
  /** Rows of waits, those of tasks that are not traced among them; distinct sets of arguments. */
  readonly waits: number;
  readonly sets: number;
};

/** A ring in a file, laid out as the kernel lays out its own, with room for what it maps twice. */
const fileRing = (system: System, path: string, size: number) => {
  const fd = openSync(path, 'w+');
  ftruncateSync(fd, 2 * system.pageSize + 2 * size);
  const length = system.pageSize + 2 * size;
  const written: Address | undefined = system.mapShared(fd, system.pageSize, length, true);
  const ring = mapRing(system, fd, size);
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
    close: () => closeSync(fd),
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

/** What reads the events, as a session does it. */
const createReader = (
  writer: RecordingWriter,
  threads: Threads,
  clock: Clock,
  memory: readonly [MemoryRing, MemoryRing],
) => {
  const [history, requests] = memory;
  const waits = createWaitEvents({
    capture: { clock, history, requests },
    writer: writer.waits,
    threads,
    files: createFiles(writer.waits),
    lives: createLives({ writer: writer.waits, threads }),
    isTracked: (pid) => pid >= FIRST_PID && pid < FIRST_OTHER,
    wasHeld: () => false,
    isGil: () => false,
    stackOf: () => 0,
  });
  const handlers = new Array<EventHandler | undefined>(16).fill(undefined);
  handlers[events.call.id] = createCallEvents({ writer, threads, clock, stackOf: () => 0 });
  handlers[events.off_cpu.id] = waits.off_cpu;
  const handle: EventHandler = (words, at) => handlers[words[at + TYPE] ?? 0]?.(words, at);
  return { handle, waits };
};

/** Records what a made-up host does into a file below `folder`. */
export const recordHost = (folder: string, host: MadeUpHost): HostCost => {
  const { cpus, threads: count, calls } = host;
  const system = loadSystem();
  const sizes = sizesFor(cpus, system.pageSize);
  const rings = join(folder, 'rings');
  mkdirSync(rings);
  const path = join(folder, 'host.db');
  const made = Array.from({ length: sizes.rings }, (_, i) => fileRing(system, join(rings, String(i)), sizes.ringBytes));
  const put = (cpu: number, record: Buffer) => made[cpu >> sizes.shardShift]?.put(record);
  const clock = startClock();
  const writer = new RecordingWriter(path, { version: 'bench' }, newKey());
  const threads = createThreads(writer, () => {});
  const random = numbers();
  const pidOf = (i: number) => FIRST_PID + (i % PROCESSES);
  const traced = Array.from({ length: count }, (_, i) =>
    taskOf(pidOf(i), FIRST_PID + PROCESSES + i, `worker-${i % 8}`),
  );
  const other = (i: number) => taskOf(FIRST_OTHER + i, FIRST_OTHER + i, `service-${i % 100}`);
  const others: [Task, ...Task[]] = [
    other(0),
    ...Array.from({ length: LARGE_HOST.others - 1 }, (_, i) => other(i + 1)),
  ];
  const switches = createSwitches({ cpus, slots: sizes.historySlots, others, traced, random });
  const requestWords = REQUESTS.record / 4;
  const requests = memoryRingOver(
    new Uint32Array(cpus * sizes.requestSlots * requestWords),
    requestWords,
    sizes.requestSlots,
  );
  const callOf = createCalls(random);
  for (const [i, { pid, tid }] of traced.entries()) threads.name(pid, tid, `worker-${i % 8}`);
  const { handle, waits } = createReader(writer, threads, clock, [switches.history, requests]);
  const drain = drainInTurn(made.map(({ ring }) => ring));
  const start = Number(clock.monotonicStart);
  const counted = { used: 0, read: 0, made: 0, lost: 0, sinceCommit: 0 };
  let time = 0;
  const measured = (step: () => void) => {
    const before = process.cpuUsage();
    step();
    const { user, system: inKernel } = process.cpuUsage(before);
    counted.used += user + inKernel;
  };
  const anyThread = (): Task => traced[random() % count] ?? others[0];
  /** Events between `time` and the next call. */
  const switchMeanwhile = (call: number) => {
    const between = (perCall: number) => Math.floor((call + 1) * perCall) - Math.floor(call * perCall);
    for (let i = between(OTHERS_A_CALL); i > 0; i--) switches.toOther(random() % cpus, start + time);
    for (let i = between(TRACED_A_CALL); i > 0; i--) {
      const cpu = random() % cpus;
      put(cpu, switches.toTraced(anyThread(), cpu, start + time));
      counted.made++;
    }
  };
  for (let done = 0; done < calls; done += BURST) {
    for (let i = done; i < done + BURST; i++) {
      time += CALL_NS;
      if (host.switches) switchMeanwhile(i);
      const cpu = random() % cpus;
      put(cpu, callOf(anyThread(), cpu, start + time));
      counted.made++;
    }
    for (const { publish } of made) publish();
    measured(() => {
      for (let step = drain(handle, BURST); step > 0; step = drain(handle, BURST)) {
        counted.read += step;
        waits.settle();
      }
      counted.sinceCommit += BURST;
      if (counted.sinceCommit < COMMIT_EVERY) return;
      counted.sinceCommit = 0;
      counted.lost += waits.takeLost().reduce((sum, [, more]) => sum + more, 0);
      writer.commit(time);
    });
  }
  measured(() => {
    waits.finish(time);
    writer.close(time);
  });
  for (const { close } of made) close();
  rmSync(rings, { recursive: true });
  const rows = rowsOf(path);
  return {
    ...{ cpuUs: counted.used / calls, bytes: statSync(path).size / calls, rings: sizes.rings },
    ...{ recorded: counted.read, made: counted.made, lost: counted.lost, ...rows },
  };
};

const rowsOf = (path: string): Pick<HostCost, 'waits' | 'sets'> => {
  const database = openOwn(path, { readOnly: true, timeout: 0 });
  const count = (table: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  const rows = { waits: count('waits'), sets: count('call_args') };
  database.close();
  return rows;
};

if (import.meta.main) {
  const [folder = '', cpus = '2', threads = '8', calls = '1000', switches = 'none'] = process.argv.slice(2);
  const host = {
    cpus: Number(cpus),
    threads: Number(threads),
    calls: Number(calls),
    switches: switches === 'switches',
  };
  process.stdout.write(`${JSON.stringify(recordHost(folder, host))}\n`);
}
