// The processes of a file: those that rows or totals are about, and those that it only names.
import type { Database } from '../../store/open.ts';
import { maybeText, number } from '../../store/row.ts';
import type { RecordingWriter } from '../../store/writer.ts';
import type { Tables } from '../importer.ts';
import type { Event } from './events.ts';
import type { Names } from './names.ts';
import { hostOps, sources } from './schema.ts';

type Known = {
  start: number | null;
  end: number | null;
  parent: number | null;
  tracked: boolean;
  cgroups: Map<number, number>;
};
type Cgroup = { readonly path: string | null; readonly container: string | null };

const MOST = 100_000;
const UNPROVEN = 'what it was imported from does not tell threads from processes: it may be a thread of another';

const readCgroups = (database: Database, tables: Tables): ReadonlyMap<number, Cgroup> => {
  const columns = tables.get('cgroup_metadata');
  if (columns?.has('cgroup_id') !== true) return new Map();
  const column = (name: string) => (columns.has(name) ? `nullif(substr(CAST(${name} AS TEXT), 1, 512), '')` : 'NULL');
  return new Map(
    database
      .prepare(
        `SELECT CAST(cgroup_id AS REAL) AS id, ${column('cgroup_path')} AS path, ${column('container_id')} AS container
         FROM cgroup_metadata ORDER BY cgroup_id LIMIT ?`,
      )
      .all(MOST)
      .map((row) => [number(row, 'id'), { path: maybeText(row, 'path'), container: maybeText(row, 'container') }]),
  );
};

/** Whether a row says in whose cgroup it happened: one of the scheduler may name that of another. */
const tellsCgroup = ({ source }: Event): boolean => source === sources.cuda || source === sources.driver;

/** Collects processes from rows; `write` puts them into the recording at its end. */
export const createProcesses = (database: Database, tables: Tables, names: Names) => {
  const known = new Map<number, Known>();
  const of = (pid: number): Known => {
    const found = known.get(pid);
    if (found !== undefined) return found;
    const made: Known = { start: null, end: null, parent: null, tracked: false, cgroups: new Map() };
    known.set(pid, made);
    return made;
  };
  return {
    /** A row of a traced process. */
    note: (event: Event): void => {
      const pid = names.processOf(event);
      const process = of(pid);
      process.tracked ||= event.source !== sources.io;
      if (tellsCgroup(event) && event.cgroup > 1)
        process.cgroups.set(event.cgroup, (process.cgroups.get(event.cgroup) ?? 0) + 1);
      if (event.source !== sources.host) return;
      if (event.op === hostOps.exit && event.pid === event.tid) process.end = event.at;
      if (
        event.op === hostOps.fork &&
        event.arg1 > 0 &&
        names.processOf({ pid: event.arg1, tid: event.arg1 }) === event.arg1
      ) {
        const child = of(event.arg1);
        child.start = event.at;
        child.parent = pid;
      }
    },
    /** A process of which there are totals. */
    noteTotal: (pid: number): void => {
      of(pid).tracked = true;
    },
    write: (writer: RecordingWriter, end: number): void => {
      const cgroups = readCgroups(database, tables);
      for (const pid of names.names.keys()) of(names.processOf({ pid, tid: pid }));
      for (const [pid, { start, end: ended, parent, tracked, cgroups: seen }] of [...known].sort(([a], [b]) => a - b)) {
        const [usual] = [...seen].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
        const cgroup = usual === undefined ? undefined : cgroups.get(usual[0]);
        const name = names.nameOf(pid, pid);
        writer.process({
          ...{ pid, comm: name === '' ? null : name, exe: null, args: null, uid: null, exit_code: null },
          start_ns: start === null ? null : Math.min(start, end),
          end_ns: ended,
          parent_pid: parent,
          cgroup: cgroup?.path ?? null,
          container: cgroup?.container ?? null,
          tracked: tracked ? 1 : 0,
          note: parent === null ? null : UNPROVEN,
        });
      }
    },
  };
};

export type Processes = ReturnType<typeof createProcesses>;
