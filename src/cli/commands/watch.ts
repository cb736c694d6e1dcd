// `whytrace watch`: any tracepoint of the running kernel, as it happens.
import { type Severity, severities } from '../../base/alert.ts';
import type { LiveDesk, LiveEvent, SubscriptionFacts } from '../../base/live-desk.ts';
import type { Desk } from '../../live/desk.ts';
import { cleanAnswer } from '../../serve/clean-answer.ts';
import { alertLine } from '../alert-line.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { errors } from '../errors.ts';
import { eventLine } from '../event-line.ts';
import { offerDesk, offerOptions } from '../offer-desk.ts';
import { err, out } from '../print.ts';

const WAIT_MS = 1000;
const BATCH = 1000;

/** Until a signal comes or the time is over. */
const stopper = (args: Arguments) => {
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const duration = args.time('duration');
  const timer = duration === undefined ? undefined : setTimeout(end, duration / 1e6);
  return { signal: stop.signal, done: () => clearTimeout(timer) };
};

const severityOf = (args: Arguments): Severity => {
  const wanted = args.text('min-severity') ?? 'low';
  const found = severities.find((severity) => severity === wanted);
  if (found !== undefined) return found;
  throw errors.badValue({
    name: '--min-severity',
    value: wanted,
    wanted: `one of ${severities.join(', ')}`,
    command: 'watch',
  });
};

/** Alerts of the watches, as they are raised. */
const followAlerts = async (desk: LiveDesk, args: Arguments, unixStartMs: number): Promise<number> => {
  const least = severityOf(args);
  const most = args.integer('count') ?? Number.POSITIVE_INFINITY;
  const { signal, done } = stopper(args);
  let after = 0;
  let shown = 0;
  const told = new Map<string, number>();
  /** What nobody looked at, or that was not told, since the last time. */
  const sayMissed = (what: string, counts: Readonly<Record<string, number>>) => {
    for (const [rule, count] of Object.entries(counts)) {
      const key = `${what} ${rule}`;
      const more = count - (told.get(key) ?? 0);
      told.set(key, count);
      if (more > 0) err(`whytrace: ${rule}: ${more} ${what}\n`);
    }
  };
  await desk.startWatches();
  for (const missing of (await desk.alerts({ after, least, waitMs: 0 })).not_watched)
    err(`whytrace: not watched: ${missing}\n`);
  if (!args.flag('line') && !args.flag('json') && process.stderr.isTTY)
    err(`whytrace: watching for alerts of severity ${least} or more; Ctrl-C ends it\n`);
  for (let last = false; !last && shown < most; ) {
    last = signal.aborted;
    const read = await desk.alerts({ after, least, waitMs: last ? 0 : WAIT_MS, signal });
    const { alerts, last_id } = read;
    sayMissed('events not looked at: too many came', read.unseen);
    sayMissed('findings held back: too many came', read.held_back);
    if (read.gap > 0) err(`whytrace: ${read.gap} alerts are kept no longer\n`);
    for (const alert of alerts)
      if (shown++ < most)
        out(args.flag('json') ? `${JSON.stringify(cleanAnswer(alert))}\n` : `${alertLine(alert, unixStartMs)}\n`);
    after = Math.max(after, alerts.length > 0 ? (alerts.at(-1)?.id ?? after) : last_id);
  }
  done();
  return 0;
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

const listEvents = async (desk: LiveDesk, pattern: string): Promise<number> => {
  const found = (await desk.events()).filter((event) => event.includes(pattern));
  out(found.map((event) => `${event}\n`).join(''));
  return found.length > 0 ? 0 : 1;
};

const follow = async (desk: Desk, args: Arguments, expression: string, unixStartMs: number): Promise<number> => {
  const facts = await desk.follow({
    expression,
    sample: args.integer('sample') ?? 1,
    ...(args.integer('rate') === undefined ? {} : { rate: args.integer('rate') ?? 1 }),
  });
  const { id, event } = facts;
  const most = args.integer('count') ?? Number.POSITIVE_INFINITY;
  const { signal, done } = stopper(args);
  const say = (one: LiveEvent) => {
    if (args.flag('json')) out(`${JSON.stringify(cleanAnswer({ event, ...one }))}\n`);
    else out(`${eventLine(one, event, unixStartMs)}\n`);
  };
  if (!args.flag('line') && !args.flag('json') && process.stderr.isTTY)
    err(`whytrace: watching ${event}, about ${Math.round(facts.estimated_rate)} a second now; Ctrl-C ends it\n`);
  let shown = 0;
  let gone = 0;
  // From the first event on: what is gone before the first look is said, too.
  let { cursor } = facts;
  let ended: string | undefined;
  while (shown < most && ended === undefined) {
    const last = signal.aborted;
    const read = await desk.watch({ id, cursor, count: 1, waitMs: last ? 0 : WAIT_MS, signal });
    const more = read.more > 0 ? await desk.watch({ id, cursor: read.cursor, count: BATCH, waitMs: 0 }) : undefined;
    for (const one of [...read.events, ...(more?.events ?? [])]) if (shown++ < most) say(one);
    gone += read.gap + (more?.gap ?? 0);
    cursor = more?.cursor ?? read.cursor;
    ended = (await desk.facts(id)).ended;
    if (last && (more?.more ?? 0) === 0) break;
  }
  done();
  const over = await (ended === undefined ? desk.unsubscribe(id) : desk.facts(id));
  const missing = missingText(over, gone);
  if (ended !== undefined) err(`whytrace: the kernel is asked no more: ${ended}\n`);
  if (missing !== '') err(`whytrace: ${missing}\n`);
  else if (process.stderr.isTTY) err(`whytrace: ${over.counts.matched} of ${over.counts.seen} events matched\n`);
  return ended === undefined ? 0 : 1;
};

/** The same expression, of one process only. */
export const ofProcess = (expression: string, pid: number | undefined): string => {
  if (pid === undefined) return expression;
  const [, event = expression, condition] = /^\s*(\S+)\s+where\s+(.*)$/is.exec(expression) ?? [];
  return `${event} where current.pid == ${pid}${condition === undefined ? '' : ` and (${condition})`}`;
};

export const watch: Command = {
  name: 'watch',
  summary: 'see events of the running kernel, or alerts, as they happen',
  usage: "['CATEGORY:NAME [where FIELD OP VALUE [and ...]]'] [OPTIONS]",
  about:
    'Without an expression: raises alerts about what looks wrong on this host, each with who did it and why it may be harmless. With one: watches any tracepoint of the running kernel, or any library call that can be recorded. Conditions are tested in the kernel: == != < <= > >= compare, & asks for bits, ~ matches a text with * and ?; names of values are understood; "and", "or", "not" and parentheses join. Fields are those of the event (of a call its arguments, ret and duration_ns), and current.pid, current.tid, current.uid, current.comm, cpu. Needs root. What did not come is told at the end. With --serve others of this machine may watch through it.',
  options: {
    list: { type: 'flag', doc: 'list the events whose name contains the given word' },
    line: { type: 'flag', doc: 'lines of events and nothing else: for programs that wake at each line' },
    json: { type: 'flag', doc: 'one JSON object a line' },
    duration: { type: 'time', short: 'd', value: 'T', doc: 'stop after this time: 5s', default: 'Ctrl-C' },
    count: { type: 'integer', short: 'n', value: 'N', doc: 'stop after so many events' },
    'min-severity': {
      type: 'text',
      value: 'S',
      doc: `alerts of this severity or more: ${severities.join(', ')}`,
      default: 'low',
    },
    'allow-list': { type: 'text', value: 'FILE', doc: 'raise no alert for lines "RULE PROGRAM [PARENT]" of this file' },
    sample: { type: 'integer', value: 'N', doc: 'take one of N matching events', default: '1' },
    rate: { type: 'integer', value: 'N', doc: 'events a second at most', default: '1000' },
    pid: { type: 'integer', short: 'p', value: 'PID', doc: 'events of this process only' },
    ...offerOptions,
  },
  words: 1,
  examples: [
    { line: "sudo whytrace watch 'sched:sched_process_exec' --line --duration 5s", doc: 'each program that starts' },
    { line: `sudo whytrace watch 'syscalls:sys_enter_openat where filename ~ "/etc/*"'`, doc: 'who opens files there' },
    { line: "sudo whytrace watch 'cuda:cudaMalloc where bytes > 1MiB' -p 4711", doc: 'large allocations of a program' },
    { line: 'sudo whytrace watch --line --min-severity high', doc: 'alerts, a line each' },
    { line: 'sudo whytrace watch --serve --allow-gid 990 --line', doc: 'alerts, and a socket for servers of a group' },
    { line: 'sudo whytrace watch --list tcp', doc: 'events with "tcp" in their name' },
  ],
  run: async (args) => {
    const [word] = args.words;
    const { requirePrivileges } = await import('../../capture/capture.ts');
    const { startClock } = await import('../../capture/clock.ts');
    const { readAllowList } = await import('../../live/alerts/allow-list.ts');
    const { openDesk } = await import('../../live/desk.ts');
    requirePrivileges();
    process.env.UV_THREADPOOL_SIZE ??= '64';
    const clock = startClock();
    const allowList = args.text('allow-list');
    const { stateFolder } = await import('../../serve/find-recording.ts');
    const allowed = allowList === undefined ? [] : readAllowList(allowList);
    const desk = openDesk(clock, { allowed, own: [stateFolder()] });
    let endOffer = async () => {};
    try {
      const unixStartMs = Number(BigInt(clock.unixStart) / 1_000_000n);
      if (args.flag('list')) return await listEvents(desk, word ?? '');
      endOffer = await offerDesk(args, desk);
      if (word === undefined) return await followAlerts(desk, args, unixStartMs);
      return await follow(desk, args, ofProcess(word, args.integer('pid')), unixStartMs);
    } finally {
      await endOffer();
      await desk.stop();
    }
  },
};
