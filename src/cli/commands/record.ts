// `whytrace record`: traces programs into one file, with a live line on a terminal and a summary at the end.
import { type WatchName, watchNames } from '../../base/alert.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { errors } from '../errors.ts';
import { keepLimits } from '../keep-limits.ts';
import { isOffered, offerDesk, offerOptions } from '../offer-desk.ts';

/** Beyond this the samples are the load. */
const MOST_SAMPLES = 1000;

const selectionOf = (args: Arguments) => ({
  pids: args.integers('pid'),
  comms: args.texts('comm'),
  cgroups: args.texts('cgroup'),
  all: args.flag('all'),
  command: args.rest ?? [],
});

const watchOf = (text: string): WatchName => {
  const found = watchNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw errors.badValue({ name: '--watch', value: text, wanted: watchNames.join(' or '), command: 'record' });
};

/** What runs beside the recording; undefined when nothing was asked for. */
const liveOf = (args: Arguments) => {
  const [watches, subscriptions] = [[...new Set(args.texts('watch').map(watchOf))], args.texts('subscribe')];
  if (watches.length === 0 && subscriptions.length === 0 && !isOffered(args)) return undefined;
  return { watches, subscriptions, allowList: args.text('allow-list') };
};

export const record: Command = {
  name: 'record',
  summary: 'trace programs into a recording',
  usage: '[-o FILE] [-p PID]... [OPTIONS] [-- CMD ARGS...]',
  about:
    'Records every call into the CUDA libraries and every off-CPU interval of the chosen programs. With -- CMD it starts CMD (as the user who called sudo) and misses not even its first call; without any choice it records all programs that use CUDA, also those that start later. Needs root. The exit code is that of CMD.',
  options: {
    output: {
      type: 'text',
      short: 'o',
      value: 'FILE',
      doc: 'file to write; an older recording there is kept as FILE.old',
      default: './whytrace.db',
    },
    pid: { type: 'integer', short: 'p', value: 'PID', repeat: true, doc: 'this process and what it starts' },
    comm: { type: 'text', value: 'NAME', repeat: true, doc: 'processes with this name' },
    cgroup: { type: 'text', value: 'PATH', repeat: true, doc: 'processes in this cgroup or below it' },
    all: { type: 'flag', doc: 'every process of the machine' },
    duration: {
      type: 'time',
      short: 'd',
      value: 'T',
      doc: 'stop after this time: 30s, 500ms',
      default: 'until CMD ends, or Ctrl-C',
    },
    'sample-hz': {
      type: 'integer',
      value: 'HZ',
      doc: 'look this often a second at where running threads are; 0 takes no stacks at all, of calls and waits neither',
      default: '99',
    },
    'keep-arguments': {
      type: 'flag',
      doc: 'keep the arguments of programs as they are; else passwords, tokens and keys are taken out of them',
    },
    'keep-size': {
      type: 'text',
      value: 'SIZE',
      doc: 'the file may be so large: 500MB, 2GB; then its oldest events go, and it says which. 0: no limit',
      default: '8GB, or half of what the disk has free',
    },
    'keep-age': {
      type: 'time',
      value: 'T',
      doc: 'events older than this go: 10m, 24h',
      default: 'any age',
    },
    watch: {
      type: 'text',
      value: 'NAME',
      repeat: true,
      doc: `also keep what this watch sees of the whole host, and its alerts: ${watchNames.join(' or ')}`,
      default: 'none',
    },
    subscribe: {
      type: 'text',
      value: 'EXPR',
      repeat: true,
      doc: "also keep these events of the kernel, of all programs: 'category:name where field op value'",
    },
    'allow-list': {
      type: 'text',
      value: 'FILE',
      doc: 'with --watch: raise no alert for lines "RULE PROGRAM [PARENT]" of this file',
    },
    ...offerOptions,
    quiet: { type: 'flag', short: 'q', doc: 'print errors only' },
  },
  words: 0,
  rest: true,
  examples: [
    { line: 'sudo whytrace record -o run.db -- python3 train.py', doc: 'a program from its first call on' },
    { line: 'sudo whytrace record -p 4711 --duration 30s', doc: 'a running one for 30 seconds' },
    { line: 'sudo whytrace record --all --keep-age 1h --keep-size 2GB', doc: 'always the last hour of the machine' },
    { line: 'sudo whytrace record --watch network -- python3 serve.py', doc: 'and what happens to packets meanwhile' },
    {
      line: "sudo whytrace record --subscribe 'sched:sched_process_exec' -- make",
      doc: 'and each program that starts on this host',
    },
    {
      line: 'sudo whytrace record --watch security --serve --allow-gid 990 --all',
      doc: 'and servers of a group ask for alerts and events meanwhile',
    },
  ],
  run: async (args) => {
    const selection = selectionOf(args);
    if (args.rest !== undefined && args.rest.length === 0) throw errors.noCommand({});
    const path = args.text('output') ?? 'whytrace.db';
    const sampleHz = args.integer('sample-hz');
    if (sampleHz !== undefined && sampleHz > MOST_SAMPLES)
      throw errors.badValue({
        name: '--sample-hz',
        value: String(sampleHz),
        wanted: `0 to ${MOST_SAMPLES}`,
        command: 'record',
      });
    // Detaching waits in the thread pool: room for all probes at once. Read when the pool starts.
    process.env.UV_THREADPOOL_SIZE ??= '64';
    const { recordAndSummarise } = await import('../record-and-summarise.ts');
    return recordAndSummarise({
      path,
      selection,
      duration: args.time('duration'),
      ...(sampleHz === undefined ? {} : { sampleHz }),
      keepArguments: args.flag('keep-arguments'),
      keep: keepLimits(path, args.text('keep-size'), args.time('keep-age')),
      live: liveOf(args),
      offer: (desk) => offerDesk(args, desk),
      leastPrivilege: true,
      quiet: args.flag('quiet'),
      summary: true,
    });
  },
};
