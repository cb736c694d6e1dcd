// `whytrace watch`: any tracepoint of the running kernel, as it happens.
import { severities } from '../../base/alert.ts';
import type { LiveDesk } from '../../base/live-desk.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { errors } from '../errors.ts';
import { offerDesk, offerOptions } from '../offer-desk.ts';
import { out } from '../print.ts';

const listEvents = async (desk: LiveDesk, pattern: string): Promise<number> => {
  const found = (await desk.events()).filter((event) => event.includes(pattern));
  out(found.map((event) => `${event}\n`).join(''));
  return found.length > 0 ? 0 : 1;
};

/** Without an expression there are no events that could fulfil a condition. */
const checkUntil = (args: Arguments): void => {
  const value = args.text('until');
  if (value !== undefined && args.words.length === 0)
    throw errors.badValue({
      ...{ name: '--until', value, command: 'watch' },
      wanted: 'a condition on the events of an expression, which is missing',
    });
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
    until: {
      type: 'text',
      value: 'COND',
      doc: 'stop after the first event of which this holds: FIELD OP VALUE [and ...]; exit code 1 when none came',
    },
    'until-severity': { type: 'text', value: 'S', doc: 'stop after an alert of this severity or more, likewise' },
    'most-lines': { type: 'integer', value: 'N', doc: 'lines a second at most; of more events counts', default: 'any' },
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
    {
      line: `sudo whytrace watch 'sched:sched_process_exec' --until 'filename ~ "/tmp/*"' --line --most-lines 20`,
      doc: 'until a program in /tmp begins',
    },
    { line: "sudo whytrace watch 'cuda:cudaMalloc where bytes > 1MiB' -p 4711", doc: 'large allocations of a program' },
    { line: 'sudo whytrace watch --line --min-severity high', doc: 'alerts, a line each' },
    { line: 'sudo whytrace watch --serve --allow-gid 990 --line', doc: 'alerts, and a socket for servers of a group' },
    { line: 'sudo whytrace watch --list tcp', doc: 'events with "tcp" in their name' },
  ],
  run: async (args) => {
    const [word] = args.words;
    checkUntil(args);
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
      const { followAlerts } = await import('../follow-alerts.ts');
      const { followEvents } = await import('../follow-events.ts');
      if (word === undefined) return await followAlerts(desk, args, unixStartMs);
      return await followEvents(desk, args, ofProcess(word, args.integer('pid')), unixStartMs);
    } finally {
      await endOffer();
      await desk.stop();
    }
  },
};
