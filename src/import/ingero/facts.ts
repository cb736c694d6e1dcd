// The facts of a recording that an Ingero file tells: where and when it was made, by what, and what it does not tell.
import type { Untold } from '../../catalogue/untold.ts';
import type { Facts } from '../../store/begin-recording.ts';
import type { Database } from '../../store/open.ts';
import { maybeText } from '../../store/row.ts';
import type { Tables } from '../importer.ts';
import type { Run } from './run.ts';

/** Never told, whatever the file. */
export const UNTOLD: readonly Untold[] = [
  'wait_state',
  'waker',
  'run_slices',
  'wait_cpu',
  'lock_address',
  'block_queue',
  'all_rows',
];

/** Column of `sessions` -> fact. */
const SESSION_FACTS = {
  kernel: 'kernel',
  cpu_cores: 'cpus',
  cpu_model: 'cpu_model',
  gpu_model: 'gpu',
  gpu_driver: 'gpu_driver',
  cuda_ver: 'cuda_version',
  python_ver: 'python_version',
  os_release: 'os',
  ingero_ver: 'imported_version',
  flags: 'imported_flags',
  pid_filter: 'imported_pid_filter',
  started_at: 'imported_started_unix_ns',
  stopped_at: 'imported_stopped_unix_ns',
} as const;
const LONGEST = 200;

const sessionFacts = (database: Database, tables: Tables, session: number): Facts => {
  const columns = Object.entries(SESSION_FACTS).filter(([name]) => tables.get('sessions')?.has(name) === true);
  const read = columns.map(([name, fact]) => `substr(CAST(${name} AS TEXT), 1, ${LONGEST}) AS ${fact}`).join(', ');
  const row = database.prepare(`SELECT ${read} FROM sessions WHERE id = ?`).get(session);
  if (row === undefined) return {};
  const told = columns.map(([, fact]) => [fact, maybeText(row, fact) ?? ''] as const);
  return Object.fromEntries(told.filter(([, value]) => value !== '' && value !== '0'));
};

/** `file`: its name, `schema`: the version of its schema. */
export const factsOf = (
  database: Database,
  tables: Tables,
  {
    file,
    schema,
    run,
    origin,
  }: { readonly file: string; readonly schema: string; readonly run: Run; readonly origin: bigint },
): Facts => ({
  ...(run.session === undefined ? {} : sessionFacts(database, tables, run.session)),
  ...(run.node === '' ? {} : { host: run.node }),
  started_unix_ns: String(origin),
  imported_from: 'ingero',
  imported_file: file,
  imported_schema: schema,
});
