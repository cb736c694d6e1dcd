// What can go wrong between a reader and a recording, in the words that the shell, MCP and every other surface show.
import { defineError } from '../base/errors.ts';
import { errors as store } from '../store/errors.ts';

const listed = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));

type Mistyped = { readonly near: string | undefined; readonly known: readonly string[] };

export const errors = {
  noRecording: defineError('no_recording', ({ folder }: { folder: string }) => ({
    what: 'no recording found',
    why: `there is neither ./whytrace.db nor a recording in ${folder}`,
    todo: "make one with 'whytrace record -- CMD', or name a file with --db FILE",
  })),
  unknownTool: defineError(
    'unknown_tool',
    ({ name, known, near }: { name: string; known: readonly string[]; near: string | undefined }) => ({
      what: `unknown tool '${name}'`,
      why: near === undefined ? `the tools are ${known.join(', ')}` : `did you mean '${near}'?`,
      todo: "see 'whytrace ask --list'",
    }),
    2,
  ),
  badArguments: defineError(
    'bad_arguments',
    ({ tool, why, known }: { tool: string; why: string; known: readonly string[] }) => ({
      what: `bad arguments for ${tool}`,
      why,
      todo: `its arguments are ${listed(known)}`,
    }),
    2,
  ),
  badTime: defineError(
    'bad_time',
    ({ text }: { text: string }) => ({
      what: `'${text}' is not a time`,
      why: 'a time is a number of seconds, or a number with one of ns, us, ms, s, m, h',
      todo: "write it as 1.5, '1.5s' or '200ms'",
    }),
    2,
  ),
  emptyWindow: defineError(
    'empty_window',
    ({ from, to }: { from: string; to: string }) => ({
      what: `the window from ${from} to ${to} is empty`,
      why: 'it must end after it begins',
      todo: 'give a later end or an earlier start; both count from the start of the recording',
    }),
    2,
  ),
  outsideRecording: defineError('outside_recording', ({ from, length }: { from: string; length: string }) => ({
    what: `nothing was recorded after ${from}`,
    why: `the recording is ${length} long`,
    todo: 'give an earlier start; times count from the start of the recording',
  })),
  prunedAway: defineError('pruned_away', ({ to, from }: { to: string; from: string }) => ({
    what: `no rows are left from before ${to}`,
    why: `the recorder took them away to keep the file as small or young as it was asked to: what is left begins at ${from}`,
    todo: 'ask about a later time; totals of calls are kept for all of it: get_trace_stats',
  })),
  otherFolder: defineError('other_folder', ({ name }: { name: string }) => ({
    what: `cannot compare with '${name}'`,
    why: 'over MCP only recordings in the folder of the one that is served can be named',
    todo: 'put it there and give its name, or compare on the command line',
  })),
  unknownPid: defineError('unknown_pid', ({ pid, known }: { pid: number; known: readonly string[] }) => ({
    what: `process ${pid} is not in this recording`,
    why: `the recorded processes are ${listed(known)}`,
    todo: 'give one of these, or leave the process out',
  })),
  unknownThread: defineError(
    'unknown_thread',
    ({ tid, pid, known }: { tid?: number; pid?: number; known: readonly string[] }) => ({
      what: `${tid === undefined ? `the main thread of process ${pid}` : `thread ${tid}`} was not traced in this recording`,
      why: `the traced threads are ${listed(known)}`,
      todo: 'give one of these as tid; intervals of other threads, where a wait led to them, are in the view waits',
    }),
  ),
  outsideLife: defineError('outside_life', ({ tid, lives }: { tid: number; lives: readonly string[] }) => ({
    what: `thread ${tid} did not live in this window`,
    why: `it was seen from ${listed(lives)}`,
    todo: 'give a window that touches its life',
  })),
  unknownOp: defineError('unknown_op', ({ op, near, known }: Mistyped & { op: string }) => ({
    what: `no call '${op}' is in this recording`,
    why: near === undefined ? `the recorded calls are ${listed(known)}` : `did you mean '${near}'?`,
    todo: 'get_trace_stats lists all of them',
  })),
  unknownWaitKind: defineError(
    'unknown_wait_kind',
    ({ kind, near }: { kind: string; near: string | undefined }) => ({
      what: `there is no kind of wait '${kind}'`,
      why:
        near === undefined ? 'the kinds are those of waits.kind, such as lock or block_io' : `did you mean '${near}'?`,
      todo: "see 'SELECT DISTINCT kind FROM waits' with run_sql",
    }),
    2,
  ),
  badEvent: defineError(
    'bad_event',
    ({ id }: { id: string }) => ({
      what: `event_id '${id}' names no event`,
      why: 'stacks are taken of calls, waits and CPU samples',
      todo: 'write it as calls:12, waits:5 or cpu_samples:7',
    }),
    2,
  ),
  badRow: defineError(
    'bad_row',
    ({ id }: { id: string }) => ({
      what: `event_id '${id}' names no call and no wait`,
      why: 'single calls and waits can be explained',
      todo: 'write it as calls:12 or waits:5',
    }),
    2,
  ),
  noEvent: defineError(
    'no_event',
    (_: Record<never, never>) => ({
      what: 'it is not said which event is meant',
      why: 'it is named by event_id, or by tid and time together',
      todo: 'give event_id as calls:12 or waits:5, or tid and time',
    }),
    2,
  ),
  unknownEvent: defineError('unknown_event', ({ id }: { id: string }) => ({
    what: `${id} is not in this recording`,
    why: 'there is no such row, or it is of a thread that was not traced',
    todo: 'take an id from the evidence of get_causal_chains, or from run_sql',
  })),
  unknownTable: defineError('unknown_table', ({ table, near, known }: Mistyped & { table: string }) => ({
    what: `there is no table or view '${table}'`,
    why: near === undefined ? `this recording has ${listed(known)}` : `did you mean '${near}'?`,
    todo: 'describe_schema without arguments lists all of them',
  })),
  badCursor: defineError('bad_cursor', (_: Record<never, never>) => ({
    what: 'the cursor does not belong to this query',
    why: 'a cursor continues exactly the query that returned it',
    todo: 'repeat the query without a cursor, or give the cursor with the same query',
  })),
  sqlNotOne: defineError('sql_not_one', ({ why }: { why: string }) => ({
    what: 'cannot run this SQL',
    why,
    todo: 'give one SELECT statement',
  })),
  sqlDenied: defineError('sql_denied', ({ why, todo }: { why: string; todo: string }) => ({
    what: 'this SQL is not allowed',
    why,
    todo,
  })),
  sqlFailed: defineError('sql_failed', ({ why, todo }: { why: string; todo: string }) => ({
    what: 'cannot run this SQL',
    why,
    todo,
  })),
  sqlPath: defineError('sql_path', ({ path }: { path: string }) => ({
    what: `cannot run SQL on ${path}`,
    why: 'its path has a *, which would let the process of the query read other files too',
    todo: 'rename the file or the folder, or move it',
  })),
  sqlTimeout: defineError('sql_timeout', ({ seconds }: { seconds: number }) => ({
    what: `the query was stopped after ${seconds} s`,
    why: 'it had not finished',
    todo: 'narrow it with WHERE on start_ns or id, avoid joins without a condition, or give a longer timeout',
  })),
  sqlBusy: defineError('sql_busy', ({ running, waiting }: { running: number; waiting: number }) => ({
    what: 'cannot run this SQL now',
    why: `${running} queries run and ${waiting} wait`,
    todo: 'try again in a moment, or give queries a shorter timeout',
  })),
  sqlTooBig: defineError('sql_too_big', ({ why }: { why: string }) => ({
    what: 'the query was stopped',
    why,
    todo: 'select fewer columns, or group and count instead of listing',
  })),
  damaged: store.damaged,
  busy: defineError('recording_busy', ({ path, why }: { path: string; why: string }) => ({
    what: `cannot read ${path} now`,
    why,
    todo: 'try again in a moment',
  })),
  notLive: defineError('not_live', (_: Record<string, never>) => ({
    what: 'cannot watch the kernel',
    why: 'this server was started without --live, and nothing watches it for others',
    todo: "start 'whytrace watch --serve' as root beside it, or itself as root with 'whytrace mcp --live'",
  })),
  noAlert: defineError('no_such_alert', ({ id, last }: { id: number; last: number }) => ({
    what: `there is no alert ${id}`,
    why: id > last ? `the newest one is ${last}` : 'it is kept no longer: those of least severity go first',
    todo: 'take an id from get_alerts',
  })),
  nothingToWatch: defineError(
    'nothing_to_watch',
    (_: Record<string, never>) => ({
      what: 'nothing was named to watch',
      why: 'neither expression nor subscription was given',
      todo: `give an expression such as 'syscalls:sys_enter_openat where filename ~ "/etc/*"'`,
    }),
    2,
  ),
} as const;
