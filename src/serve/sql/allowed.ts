// What SQL of a stranger may do: read what is published, call functions that only compute. Everything else is denied
// by the compiler of SQLite itself, whatever the text looks like.
import { nearest } from '../../base/nearest.ts';
import { cleanText } from '../../base/sanitize.ts';
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
const LONGEST_NAME = 100;

export const FUNCTIONS: ReadonlySet<string> = new Set(
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
export const COMPUTED_TABLES: readonly string[] = ['json_each', 'json_tree'];

const nameOfAction = new Map<number, string>(Object.entries(ACTIONS).map(([name, code]) => [code, name.toUpperCase()]));

/** Why a statement was refused, and what to do instead. */
export type Denial = { readonly why: string; readonly todo: string };

const denialOf = (action: number, first: string | null, second: string | null): Denial => {
  if (action === ACTIONS.function) {
    const near = nearest(second ?? '', [...FUNCTIONS]);
    const todo =
      near === undefined ? 'use the functions that only compute' : `use a function that only computes, such as ${near}`;
    return { why: `the function ${cleanText(second ?? '?', LONGEST_NAME)} is not available`, todo };
  }
  if (action === ACTIONS.read)
    return {
      why: `${cleanText(first ?? '?', LONGEST_NAME)} is not a view of the recording`,
      todo: 'call describe_schema for the views',
    };
  if (action === ACTIONS.recursive)
    return {
      why: 'recursive queries are not run, since they need not end',
      todo: 'use a window function, or json_each over a list of numbers',
    };
  const name = nameOfAction.get(action);
  return {
    why: name === undefined ? 'it does more than reading' : `${name} is not allowed`,
    todo: 'only SELECT on the views of the recording is run',
  };
};

/**
 * Puts the rules into force on a connection: `mayRead` says which tables, an empty column standing for none of them. The
 * returned function tells what was denied first: what follows is a consequence.
 */
export const allowReadingOnly = (
  database: Database,
  mayRead: (table: string, column: string) => boolean,
): (() => Denial | undefined) => {
  let denial: Denial | undefined;
  database.setAuthorizer((action, first, second) => {
    const allowed =
      action === ACTIONS.select ||
      (action === ACTIONS.function && FUNCTIONS.has(String(second).toLowerCase())) ||
      (action === ACTIONS.read && mayRead(String(first), String(second ?? '')));
    if (!allowed) denial ??= denialOf(action, first, second);
    return allowed ? OK : DENY;
  });
  return () => denial;
};
