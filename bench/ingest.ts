// From the ring to the file: how many events a second one core writes, what one costs, and how that compares with SQLite's own
// limit, plain prepared inserts of the same rows into the same table (raw-inserts.ts). The ring is made here and is filled when it
// is empty, so nothing can be lost in it: what a real one loses is measured by the bench `capture-rate`.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createCallEvents } from '../src/record/call-events.ts';
import { createThreads } from '../src/record/threads.ts';
import { newKey } from '../src/store/evidence/key.ts';
import { openOwn } from '../src/store/open.ts';
import { RecordingWriter } from '../src/store/writer.ts';
import { createCallRing, PROCESS } from './call-ring.ts';
import { type Cost, costing, nothing } from './costing.ts';
import { type Bench, figureOf, median, rounded } from './figure.ts';
import { inFolder } from './lab.ts';
import { insertRaw, insertsOf } from './raw-inserts.ts';

const TURNS = 5;
const FILLINGS = 10;
/** A recorder commits twice a second: at the rates that are measured here after about so many events. */
const FILLINGS_A_COMMIT = 4;
/** Events of a step while there is much to do. */
const STEP = 8192;

type Written = Cost & { readonly events: number; readonly rows: number; readonly bytes: number };

/** As a recorder does it: decoding, names, arguments, totals, segments, seals, commits. */
const written = (path: string): Written => {
  const { ring, events, refill } = createCallRing();
  const writer = new RecordingWriter(
    path,
    { started_unix_ns: '1700000000000000000', recorder_pid: 0, host: 'bench' },
    newKey(),
  );
  const threads = createThreads(writer, () => {});
  for (const tid of PROCESS.tids) threads.name(PROCESS.pid, tid, PROCESS.comm);
  const clock = { high: 0, low: 0, monotonicStart: '0', unixStart: '0', now: () => 0 };
  const handle = createCallEvents({ writer, threads, clock, stackOf: () => 0 });
  let cost = nothing;
  let now = 0;
  for (let filling = 1; filling <= FILLINGS; filling++) {
    now = refill();
    cost = costing(cost, () => {
      while (ring.waiting() > 0) ring.drain(handle, STEP);
      if (filling % FILLINGS_A_COMMIT === 0) writer.commit(now);
    });
  }
  cost = costing(cost, () => writer.close(now));
  const database = openOwn(path, { readOnly: true, timeout: 0 });
  const rows = Number(database.prepare('SELECT count(*) AS n FROM call').get()?.n);
  database.close();
  return { ...cost, events: FILLINGS * events, rows, bytes: statSync(path).size };
};

export const ingest: Bench = {
  name: 'ingest',
  doc: `${TURNS} times ${FILLINGS} rings of call events, made here as the kernel writes them, into a sealed file; and plain inserts of the same rows, in turns`,
  run: () =>
    inFolder(async (folder) => {
      const source = join(folder, 'source.db');
      // Not measured: it is where the rows are from, and what is done for the first time is done here.
      const { rows } = written(source);
      const inserts = insertsOf(source);
      const rowsACommit = (rows * FILLINGS_A_COMMIT) / FILLINGS;
      const turns = Array.from({ length: TURNS }, (_, turn) => {
        const [path, plain] = [join(folder, 'ours.db'), join(folder, 'raw.db')];
        const plainFirst = turn % 2 === 1 ? insertRaw(plain, inserts, rows, rowsACommit) : undefined;
        const ours = written(path);
        const raw = plainFirst ?? insertRaw(plain, inserts, rows, rowsACommit);
        for (const each of [path, plain]) rmSync(each, { force: true });
        return { ours, raw };
      });
      const all = turns.map(({ ours }) => ours);
      const context = {
        events: all[0]?.events ?? 0,
        source: 'synthetic ring: records as the kernel writes them, in the mix of the workload storm',
        sealed: 'yes',
      };
      const cpu = all.map((ours) => (ours.cpu_us * 1000) / ours.events);
      const rawCpu = turns.map(({ raw }) => (raw.cpu_us * 1000) / rows);
      return [
        figureOf(
          'ingest_events_per_s',
          'events/s',
          { atLeast: 1e6 },
          all.map(({ events, wall_ms }) => events / (wall_ms / 1000)),
          // What else runs on the machine takes from the first, hardly from the second.
          { ...context, per_cpu_second: Math.round(1e9 / median(cpu)) },
        ),
        figureOf('ingest_cpu_ns_per_event', 'ns', { atMost: 800 }, cpu, {
          ...context,
          raw_insert_ns: rounded(median(rawCpu)),
        }),
        figureOf(
          'ingest_vs_raw_inserts',
          'ratio',
          { atLeast: 0.5 },
          turns.map(({ ours, raw }) => raw.cpu_us / ours.cpu_us),
          { ...context, of: 'CPU time' },
        ),
        figureOf(
          'ingest_vs_raw_inserts_wall',
          'ratio',
          { atLeast: 0.5 },
          turns.map(({ ours, raw }) => raw.wall_ms / ours.wall_ms),
          { ...context, of: 'time by the clock' },
        ),
        figureOf(
          'ingest_rows_missing',
          'rows',
          { atMost: 0 },
          all.map((ours) => ours.events - ours.rows),
          context,
        ),
        figureOf(
          'ingest_bytes_per_row',
          'bytes',
          { atMost: 40 },
          all.map((ours) => ours.bytes / ours.rows),
          context,
        ),
      ];
    }),
};
