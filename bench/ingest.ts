// From the ring to the file: how many events a second one core writes without a loss, what one costs, and how that compares
// with SQLite's own limit, plain prepared inserts of the same rows into the same table.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ddl } from '../src/catalogue/derive/ddl.ts';
import { createCallEvents } from '../src/record/call-events.ts';
import { createThreads } from '../src/record/threads.ts';
import { newKey } from '../src/store/evidence/key.ts';
import { type Database, openOwn } from '../src/store/open.ts';
import { RecordingWriter } from '../src/store/writer.ts';
import { createCallRing, PROCESS } from './call-ring.ts';
import { type Bench, figureOf } from './figure.ts';
import { inFolder } from './lab.ts';

const RUNS = 5;
const FILLINGS = 10;
/** A recorder commits twice a second: at the rates that are measured here after about so many events. */
const FILLINGS_A_COMMIT = 4;
/** Events of a step while there is much to do. */
const STEP = 8192;
const ROWS_A_STATEMENT = 128;

type Cost = { readonly wall_ms: number; readonly cpu_us: number };
const nothing: Cost = { wall_ms: 0, cpu_us: 0 };

/** Adds what some work cost to what was before. */
const costing = (before: Cost, work: () => void): Cost => {
  const began = performance.now();
  const start = process.cpuUsage();
  work();
  const used = process.cpuUsage(start);
  return {
    wall_ms: before.wall_ms + performance.now() - began,
    cpu_us: before.cpu_us + used.user + used.system,
  };
};

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

/** The rows of a recording, many for each statement, one value after the other. */
const rowsOf = (path: string): { readonly columns: readonly string[]; readonly batches: readonly number[][] } => {
  const database = openOwn(path, { readOnly: true, timeout: 0 });
  const columns = database
    .prepare("SELECT name FROM pragma_table_info('call') ORDER BY cid")
    .all()
    .map(({ name }) => String(name));
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const row of database.prepare('SELECT * FROM call WHERE id <= 131072 ORDER BY id').iterate()) {
    for (const name of columns) batch.push(Number(row[name] ?? Number.NaN));
    if (batch.length < ROWS_A_STATEMENT * columns.length) continue;
    batches.push(batch);
    batch = [];
  }
  database.close();
  return { columns, batches };
};

/** The same number of the same rows with nothing but SQLite. */
const inserted = (path: string, recording: string, rows: number): Cost => {
  const { columns, batches } = rowsOf(recording);
  const values = batches.map((batch) => batch.map((value) => (Number.isNaN(value) ? null : value)));
  const database: Database = openOwn(path, { readOnly: false, timeout: 0 });
  database.exec('PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32768');
  database.exec(ddl().find((statement) => statement.startsWith('CREATE TABLE call (')) ?? '');
  const row = `(${columns.map(() => '?').join(', ')})`;
  const list = Array.from({ length: ROWS_A_STATEMENT }, () => row).join(', ');
  const insert = database.prepare(`INSERT INTO call (${columns.join(', ')}) VALUES ${list}`);
  const commitEach = Math.floor((rows * FILLINGS_A_COMMIT) / FILLINGS / ROWS_A_STATEMENT);
  return costing(nothing, () => {
    database.exec('BEGIN');
    for (let i = 0; i < Math.floor(rows / ROWS_A_STATEMENT); i++) {
      const some = values[i % values.length] ?? [];
      for (let n = 0; n < ROWS_A_STATEMENT; n++) some[n * columns.length] = i * ROWS_A_STATEMENT + n + 1;
      insert.run(...some);
      if (i % commitEach === commitEach - 1) database.exec('COMMIT; BEGIN');
    }
    database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
  });
};

export const ingest: Bench = {
  name: 'ingest',
  doc: `${RUNS} times ${FILLINGS} rings of call events, made here as the kernel writes them, into a sealed file; and plain inserts of the same rows`,
  run: () =>
    inFolder(async (folder) => {
      const runs = Array.from({ length: RUNS }, (_, i) => {
        const [path, plain] = [join(folder, `${i}.db`), join(folder, `${i}.raw.db`)];
        const ours = written(path);
        const raw = inserted(plain, path, ours.rows);
        for (const each of [path, plain]) rmSync(each, { force: true });
        return { ours, raw };
      });
      const context = {
        events: runs[0]?.ours.events ?? 0,
        source: 'synthetic ring: records as the kernel writes them, in the mix of the workload storm',
        sealed: 'yes',
      };
      const cpu = runs.map(({ ours }) => (ours.cpu_us * 1000) / ours.events);
      const rawCpu = figureOf(
        '',
        '',
        { atMost: 0 },
        runs.map(({ ours, raw }) => (raw.cpu_us * 1000) / ours.rows),
      ).value;
      return [
        figureOf(
          'ingest_events_per_s',
          'events/s',
          { atLeast: 1e6 },
          runs.map(({ ours }) => ours.events / (ours.wall_ms / 1000)),
          // What else runs on the machine takes from the first, hardly from the second.
          { ...context, per_cpu_second: Math.round(1e9 / figureOf('', '', { atMost: 0 }, cpu).value) },
        ),
        figureOf('ingest_cpu_ns_per_event', 'ns', { atMost: 800 }, cpu, { ...context, raw_insert_ns: rawCpu }),
        figureOf(
          'ingest_vs_raw_inserts',
          'ratio',
          { atLeast: 0.5 },
          runs.map(({ ours, raw }) => raw.cpu_us / ours.cpu_us),
          { ...context, of: 'CPU time' },
        ),
        figureOf(
          'ingest_lost',
          'events',
          { atMost: 0 },
          [Math.max(...runs.map(({ ours }) => ours.events - ours.rows))],
          context,
        ),
        figureOf(
          'ingest_bytes_per_row',
          'bytes',
          { atMost: 40 },
          runs.map(({ ours }) => ours.bytes / ours.rows),
          context,
        ),
      ];
    }),
};
