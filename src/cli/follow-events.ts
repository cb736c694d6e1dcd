// Prints the events of one subscription as they come: each as a line, or where there are more than lines may be, as counts.
import type { LiveEvent, SubscriptionFacts, Watched } from '../base/live-desk.ts';
import type { Desk } from '../live/desk.ts';
import { cleanAnswer } from '../serve/clean-answer.ts';
import { alertLine } from './alert-line.ts';
import type { Arguments } from './arguments.ts';
import { countLines, eventLine } from './event-line.ts';
import { err, out } from './print.ts';
import { severityOption } from './severity-option.ts';
import { untilStopped } from './until-stopped.ts';

const WAIT_MS = 1000;
const BATCH = 1000;
const SECOND_MS = 1000;

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

/** How many lines may come in this second still: waits for the next one where there are none. `most`: of a second. */
const createPace = (most: number) => {
  let began = performance.now();
  let left = most;
  return {
    left: async (): Promise<number> => {
      if (left <= 0) await pause(Math.max(0, began + SECOND_MS - performance.now()));
      if (performance.now() - began < SECOND_MS) return left;
      began = performance.now();
      left = most;
      return left;
    },
    spend: (lines: number) => {
      left -= lines;
    },
  };
};

/** What did not come, in words; empty when all came. `gone`: events that were kept no longer when they were asked for. */
export const missingText = (
  { counts: { limited, lost, sampled_out } }: Pick<SubscriptionFacts, 'counts'>,
  gone: number,
): string => {
  const parts = [
    limited > 0 ? `${limited} above the limit of events a second` : '',
    lost > 0 ? `${lost} lost, since they came faster than they were read` : '',
    gone > 0 ? `${gone} gone, since they were shown too slowly` : '',
    sampled_out > 0 ? `${sampled_out} left out by the sample` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `not shown: ${parts.join(', ')}`;
};

/** What the events are printed as. Each returns how many lines that were. */
const createPrinter = (args: Arguments, event: string, unixStartMs: number) => {
  const isJson = args.flag('json');
  const print = (lines: readonly string[]): number => {
    for (const line of lines) out(`${line}\n`);
    return lines.length;
  };
  const json = (answer: object) => JSON.stringify(cleanAnswer({ event, ...answer }));
  return {
    events: (events: readonly LiveEvent[]) =>
      print(events.map((one) => (isJson ? json(one) : eventLine(one, event, unixStartMs)))),
    counts: (collapsed: NonNullable<Watched['collapsed']>) => {
      if (!isJson) return print(countLines(collapsed, event, unixStartMs));
      const { columns, rows, other } = collapsed;
      const counted = rows.map((row) => json(Object.fromEntries(columns.map((column, at) => [column, row[at]]))));
      return print(
        other.events > 0 ? [...counted, json({ other_keys: other.keys, other_events: other.events })] : counted,
      );
    },
  };
};

/** Until it is stopped, or what the options ask for has come. Returns the exit code. */
export const followEvents = async (
  desk: Desk,
  args: Arguments,
  expression: string,
  unixStartMs: number,
): Promise<number> => {
  const until = { match: args.text('until'), severity: severityOption(args, 'until-severity') };
  const rate = args.integer('rate');
  const facts = await desk.follow({
    expression,
    sample: args.integer('sample') ?? 1,
    ...(rate === undefined ? {} : { rate }),
  });
  const { id, event } = facts;
  const most = args.integer('count') ?? Number.POSITIVE_INFINITY;
  const pace = createPace(Math.max(1, args.integer('most-lines') ?? Number.POSITIVE_INFINITY));
  const { signal, done } = untilStopped(args);
  const printer = createPrinter(args, event, unixStartMs);
  if (!args.flag('line') && !args.flag('json') && process.stderr.isTTY)
    err(`whytrace: watching ${event}, about ${Math.round(facts.estimated_rate)} a second now; Ctrl-C ends it\n`);
  let shown = 0;
  let gone = 0;
  // From the first event on: what is gone before the first look is said, too.
  let { cursor } = facts;
  let hasCome = false;

  const say = async (read: Watched): Promise<Watched> => {
    const events = read.events.slice(0, Math.min(read.events.length, most - shown));
    shown += events.length + (read.collapsed?.events ?? 0);
    pace.spend(printer.events(events));
    if (read.collapsed !== undefined) {
      pace.spend(printer.counts(read.collapsed));
      if (read.match !== undefined) printer.events([read.match]);
    }
    gone += read.gap;
    cursor = read.cursor;
    hasCome = read.stopped === 'match' || read.stopped === 'severity';
    const raised = new Set(read.alerts?.map((alert) => alert.id));
    if (raised.size > 0)
      for (const alert of (await desk.alerts({ after: 0, least: 'info', waitMs: 0 })).alerts)
        if (raised.has(alert.id)) out(`${alertLine(alert, unixStartMs)}\n`);
    return read;
  };
  /** All that is there, as far as lines are allowed; else counts of it. */
  const rest = async (waiting: number): Promise<Watched> => {
    const left = await pace.left();
    const wanted = { id, cursor, count: BATCH, take: Math.min(BATCH, left), waitMs: 0, ...until };
    if (waiting <= left) return desk.watch(wanted);
    const room = { characters: Number.MAX_SAFE_INTEGER, rows: Math.max(1, left) };
    return desk.watch({ ...wanted, room, collapse: { over: 0 } });
  };

  let ended: string | undefined;
  while (shown < most && ended === undefined && !hasCome) {
    await pace.left();
    const isLast = signal.aborted;
    let read = await say(await desk.watch({ id, cursor, count: 1, ...until, waitMs: isLast ? 0 : WAIT_MS, signal }));
    if (read.more > 0 && !hasCome && shown < most) read = await say(await rest(read.more));
    ended = (await desk.facts(id)).ended;
    if (isLast && read.more === 0) break;
  }
  done();
  const over = await (ended === undefined ? desk.unsubscribe(id) : desk.facts(id));
  const missing = missingText(over, gone);
  if (ended !== undefined) err(`whytrace: the kernel is asked no more: ${ended}\n`);
  if (missing !== '') err(`whytrace: ${missing}\n`);
  else if (process.stderr.isTTY) err(`whytrace: ${over.counts.matched} of ${over.counts.seen} events matched\n`);
  if (ended !== undefined) return 1;
  const isAwaited = until.match !== undefined || until.severity !== undefined;
  if (!isAwaited || hasCome || shown >= most) return 0;
  err('whytrace: what was waited for did not come\n');
  return 1;
};
