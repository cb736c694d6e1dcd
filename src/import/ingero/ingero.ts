// Imports Ingero's SQLite files: reads the events of one run once, in order, and hands each to who knows its kind.
import { basename } from 'node:path';
import { durationText } from '../../base/units.ts';
import { momentKinds } from '../../catalogue/events.ts';
import { type Untold, untold } from '../../catalogue/untold.ts';
import type { Database } from '../../store/open.ts';
import { maybeText, number } from '../../store/row.ts';
import type { RecordingWriter } from '../../store/writer.ts';
import { errors } from '../errors.ts';
import type { Imported, Importer, ImportParts, Tables } from '../importer.ts';
import { createCalls } from './calls.ts';
import { readClaims, writeClaims } from './claims.ts';
import { type Event, eventsOf, originOf } from './events.ts';
import { factsOf, UNTOLD } from './facts.ts';
import { createIsGil } from './gil.ts';
import { createLeftOut } from './left-out.ts';
import { missingRows } from './missing.ts';
import { createNames, createThreads, type Threads } from './names.ts';
import { createOps } from './ops.ts';
import { createProcesses } from './processes.ts';
import { readRegular } from './regular.ts';
import { chooseRun } from './run.ts';
import { hostOps, isRead, OLDEST, recognises, schemaVersion, sources } from './schema.ts';
import { createSight, type Sight, type Stretch } from './sight.ts';
import { createStacks } from './stacks.ts';
import { createSums } from './sums.ts';
import { createWaits } from './waits.ts';

const TOOL = 'ingero';
/** Rows between two commits, and between two calls of onProgress. */
const BATCH = 50_000;

const namedOps = (database: Database, tables: Tables) =>
  tables.get('ops')?.has('op_id') !== true
    ? []
    : database
        .prepare(
          'SELECT CAST(source_id AS REAL) AS source, CAST(op_id AS REAL) AS op, CAST(name AS TEXT) AS name FROM ops LIMIT 1000',
        )
        .all()
        .map((row) => ({ source: number(row, 'source'), op: number(row, 'op'), name: maybeText(row, 'name') ?? '' }));

/** Things that happened at one time; false for a kind that has no place in a recording. */
const note = (writer: RecordingWriter, threads: Threads, event: Event): boolean => {
  const common = { time: event.at, value: null, detail: null };
  if (event.source === sources.tcp && event.op === 1) {
    writer.waits.moment({ ...common, thread: threads.idOf(event), kind: momentKinds.tcp_retransmit, by: null });
    return true;
  }
  if (event.source !== sources.host) return false;
  if (event.op === hostOps.oom_kill) {
    const victim = { ...event, pid: event.arg1, tid: event.arg1, comm: '' };
    writer.waits.moment({
      ...common,
      thread: threads.idOf(victim),
      kind: momentKinds.oom_kill,
      by: threads.idOf(event),
    });
    return true;
  }
  // Told by the table of processes.
  return event.op === hostOps.exec || event.op === hostOps.exit || event.op === hostOps.fork;
};

/** Says which threads were in sight when, and of which that cannot be told. */
const writeSight = (
  writer: RecordingWriter,
  sight: Sight,
  idOf: (tid: number) => number,
  unsure: (tid: number) => readonly Stretch[],
) => {
  const silences = sight.silences();
  for (const { tid, start, end, usual_ns } of silences)
    writer.loss(
      'thread_silent',
      start,
      end,
      1,
      `thread ${tid}: ${durationText(end - start)} without a row, of which it usually has one every ${durationText(usual_ns)} or sooner`,
    );
  for (const { tid, start, end } of sight.unseen()) writer.loss('thread_unseen', start, end, 1, `thread ${tid}`);
  for (const { tid, start, end } of sight.lives((of) => [...silences.filter((one) => one.tid === of), ...unsure(of)]))
    writer.waits.taskEnded(writer.waits.taskBorn(idOf(tid), start), end, idOf(tid));
};

const run = (parts: ImportParts): Imported => {
  const { path, database, tables, begin, onProgress } = parts;
  const schema = schemaVersion(database);
  if (!isRead(schema))
    throw errors.tooOld({ path, tool: TOOL, version: schema === '' ? 'unknown' : schema.slice(0, 20), wanted: OLDEST });
  const chosen = chooseRun(database, tables);
  if (chosen === undefined) throw errors.noRows({ path, tool: TOOL });
  const origin = originOf(database, tables, chosen);
  const ops = createOps(namedOps(database, tables));
  const about = { database, tables, run: chosen, origin, ops };
  const claims = readClaims(about);
  const names = createNames(database, tables, TOOL);
  const regular = readRegular(database, tables, chosen, origin);
  const isGil = createIsGil({ ...about, names, regular });
  const facts = factsOf(database, tables, { file: basename(path), schema, run: chosen, origin });
  const writer = begin(facts);

  const claimed = new Set(claims.map(({ row }) => row));
  const ids = new Map<number, number>();
  const threads = createThreads(writer, names);
  const processes = createProcesses(database, tables, names);
  const stacks = createStacks(database, tables, writer);
  const calls = createCalls({
    writer,
    threads,
    ops,
    stacks,
    onWritten: (row, id) => claimed.has(row) && ids.set(row, id),
  });
  const waits = createWaits({ writer, threads, regular, isGil });
  const sight = createSight();
  const sums = createSums(about);
  const leftOut = createLeftOut(namedOps(database, tables));
  let end = 0;
  let done = 0;

  const take = (event: Event): boolean => {
    if (event.source === sources.host && event.op === hostOps.switch) {
      if (event.tid === 0) return false;
      waits.interval(event);
      sight.saw(event.tid, event, 'wait');
      return true;
    }
    if (event.source === sources.io) return waits.request(event);
    if (event.tid !== 0 && calls.add(event)) {
      sight.saw(event.tid, event, 'call');
      return true;
    }
    if (!note(writer, threads, event)) return false;
    sight.saw(event.tid, { start: event.at, end: event.at }, 'other');
    return true;
  };

  for (const event of eventsOf(database, tables, chosen, origin)) {
    if (event === undefined) leftOut.unreadable();
    else {
      names.note(event);
      sums.note(event);
      if (take(event)) {
        end = Math.max(end, event.end);
        processes.note(event);
      } else leftOut.add(event);
    }
    if (++done % BATCH !== 0) continue;
    writer.commit(end);
    onProgress(done, chosen.rows);
  }
  calls.finish();
  if (chosen.others > 0) leftOut.others(chosen.others);

  const missing = missingRows(database, tables, chosen, origin, end);
  for (const { start, end: until, count } of missing) {
    const when = until === 0 ? 'before the first row, ' : '';
    writer.loss('row_missing', start, until, count, `${when}by the numbers of the rows`);
  }
  const { unsure, isCounted } = sums.settle(writer, end, processes.noteTotal);
  // Where nothing is counted, nothing says how much of a thread's time without a row it ran.
  const missing_abilities: readonly Untold[] = isCounted ? UNTOLD : [...UNTOLD, 'row_counts'];
  const untoldTexts = missing_abilities.map((name) => untold[name]);
  writer.setFact('missing_abilities', missing_abilities.join());
  writer.setFact('imported_untold', untoldTexts.join('; '));
  const idOf = (tid: number) => {
    const pid = threads.seen.get(tid) ?? tid;
    return writer.threadId(pid, tid, names.nameOf(pid, tid));
  };
  writeSight(writer, sight, idOf, (tid) => [...missing, ...unsure(tid)]);
  for (const { what, count } of leftOut.kinds()) writer.loss('row_left_out', 0, end, count, what);
  processes.write(writer, end);
  writeClaims(writer, claims, ids);
  // Whose own work must not be taken for anybody else's.
  writer.setFact('recorder_pid', names.tracer);
  writer.setFact('ended', 'imported');
  onProgress(done, chosen.rows);
  return {
    tool: TOOL,
    version: `schema ${schema}`,
    end_ns: end,
    taken: {
      ...{ calls: calls.count(), ...waits.counts, stacks: stacks.count() },
      ...{ threads: threads.seen.size, claims: claims.length },
    },
    left_out: leftOut.kinds(),
    untold: untoldTexts,
  };
};

export const ingero: Importer = {
  tool: TOOL,
  reads: `Ingero (SQLite, schema ${OLDEST} and later)`,
  recognises,
  run,
};
