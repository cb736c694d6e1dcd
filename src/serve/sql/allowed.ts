// What SQL of a stranger may do: read the recording's tables, call functions that only compute. Everything else is denied
// by the compiler of SQLite itself, whatever the text looks like.
import type { Database } from '../../store/open.ts';

// Action codes of sqlite3_set_authorizer: https://www.sqlite.org/c3ref/c_alter_table.html
const ACTIONS = {
  delete: 9,
  insert: 18,
  pragma: 19,
  read: 20,
  select: 21,
  transaction: 22,
  update: 23,
  attach: 24,
  function: 31,
  recursive: 33,
} as const;
const OK = 0;
const DENY = 1;

const FUNCTIONS: ReadonlySet<string> = new Set(
  `abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh count cume_dist
  current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor format glob
  group_concat hex if ifnull iif instr json json_array json_array_length json_each json_extract json_group_array
  json_group_object json_object json_patch json_pretty json_quote json_remove json_replace json_set json_tree json_type
  json_valid julianday lag last_value lead length like likelihood likely ln log log10 log2 lower ltrim max median min mod
  nth_value ntile nullif octet_length percent_rank percentile percentile_cont percentile_disc pi pow power printf quote
  radians random rank replace round row_number rtrim sign sin sinh sqlite_version sqrt strftime string_agg substr substring
  sum tan tanh time timediff total trim trunc typeof unhex unicode unixepoch unlikely upper zeroblob -> ->>`.split(
    /\s+/,
  ),
);

/** Table-valued functions that only compute. */
const COMPUTED_TABLES = ['json_each', 'json_tree', 'sqlite_schema', 'sqlite_master'];

const nameOfAction = new Map<number, string>(Object.entries(ACTIONS).map(([name, code]) => [code, name.toUpperCase()]));

/** Why a statement was refused, and what to do instead. */
export type Denial = { readonly why: string; readonly todo: string };

const denialOf = (action: number, argument: string | null, second: string | null): Denial => {
  if (action === ACTIONS.function)
    return { why: `the function ${second ?? '?'} is not available`, todo: 'use the functions that only compute' };
  if (action === ACTIONS.read)
    return { why: `${argument ?? '?'} is not a table of the recording`, todo: 'call describe_schema for the tables' };
  if (action === ACTIONS.recursive)
    return {
      why: 'recursive queries are not run, since they need not end',
      todo: 'use a window function, or json_each over a list of numbers',
    };
  const name = nameOfAction.get(action);
  return {
    why: name === undefined ? 'it does more than reading' : `${name} is not allowed`,
    todo: 'only SELECT on the tables of the recording is run',
  };
};

/** Puts the rules into force on a connection. The returned function tells what was denied last. */
export const allowReadingOnly = (database: Database): (() => Denial | undefined) => {
  const tables = new Set(COMPUTED_TABLES);
  for (const { name } of database.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").all())
    tables.add(String(name).toLowerCase());
  let denial: Denial | undefined;
  database.setAuthorizer((action, argument, second) => {
    const allowed =
      action === ACTIONS.select ||
      (action === ACTIONS.function && FUNCTIONS.has(String(second).toLowerCase())) ||
      (action === ACTIONS.read && tables.has(String(argument).toLowerCase()));
    if (!allowed) denial = denialOf(action, argument, second);
    return allowed ? OK : DENY;
  });
  return () => denial;
};
