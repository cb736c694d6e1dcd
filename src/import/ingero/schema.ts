// What an Ingero file looks like: its tables, the versions of its schema, and how its events are numbered and timed. From
// its published schema (internal/store/store.go) and kernel side (bpf/*.bpf.c of github.com/ingero-io/ingero, 0.8 to 0.10).
import type { Database } from '../../store/open.ts';
import { maybeText } from '../../store/row.ts';
import type { Tables } from '../importer.ts';

/** The oldest schema that is read. */
export const OLDEST = '0.8';

const NEEDED = ['timestamp', 'pid', 'tid', 'source', 'op', 'duration'] as const;

/** events.source. */
export const sources = { cuda: 1, host: 3, driver: 4, io: 5, tcp: 6, net: 7, graph: 8 } as const;
/** events.op where source is host. */
export const hostOps = { switch: 1, wakeup: 2, page_alloc: 3, oom_kill: 4, exec: 5, exit: 6, fork: 7 } as const;
/** events.op where source is io. */
export const ioOps = { read: 1, write: 2, discard: 3 } as const;

/**
 * Sources whose rows carry the time at which something was over: a switch is told when the thread runs again, a block request
 * when it is done. Calls carry the time of their entry.
 */
export const TIMED_AT_END: readonly number[] = [sources.host, sources.io];

export const recognises = (tables: Tables): boolean => {
  const events = tables.get('events');
  const info = tables.get('schema_info');
  return (
    events !== undefined && NEEDED.every((name) => events.has(name)) && info?.has('key') === true && info.has('value')
  );
};

/** The version of the schema, empty when the file does not say. */
export const schemaVersion = (database: Database): string => {
  const row = database.prepare("SELECT CAST(value AS TEXT) AS value FROM schema_info WHERE key = 'version'").get();
  return (row === undefined ? null : maybeText(row, 'value')) ?? '';
};

const numbers = (version: string): readonly number[] => version.split('.').map(Number);

/** Whether a version, such as 0.10, is that of a schema that is read. */
export const isRead = (version: string): boolean => {
  if (!/^\d{1,4}(\.\d{1,4}){1,3}$/.test(version)) return false;
  const [major = 0, minor = 0] = numbers(version);
  const [oldestMajor = 0, oldestMinor = 0] = numbers(OLDEST);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
};
