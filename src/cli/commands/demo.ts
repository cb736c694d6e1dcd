// `whytrace demo`: makes a real incident, records it in the kernel, explains it, and says how an agent reads it.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../../base/nearest.ts';
import type { Command } from '../command.ts';
import { type Demo, demos, FIRST_DEMO } from '../demos.ts';
import { errors } from '../errors.ts';
import { liveDemos } from '../live-demos.ts';
import { err, out, outStyle } from '../print.ts';
import { toolContext } from '../tool-context.ts';

const root = new URL('../../../', import.meta.url).pathname;
const TOP = 3;

const explainFile = async (path: string): Promise<void> => {
  const { getCausalChains, causalChainsAnswer } = await import('../../serve/tools/get-causal-chains.ts');
  const { SHELL_BUDGET } = await import('../../serve/tool.ts');
  const { renderChains } = await import('../../serve/render/chains.ts');
  const answer = await getCausalChains.call({ limit: TOP }, toolContext(path, SHELL_BUDGET));
  out(renderChains(causalChainsAnswer.parse(answer), path, outStyle()));
};

const sayHowToConnect = async (path: string): Promise<void> => {
  const { clientLines } = await import('../../serve/clients.ts');
  const { bold } = outStyle();
  out(`\n${bold('Ask this recording from an AI agent (MCP):')}\n`);
  for (const { client, how, lines } of clientLines(`${root}bin/whytrace`, path))
    out(`\n${client}: ${how}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  out(
    `\nOr from the shell:\n  ${root}bin/whytrace explain ${path}\n  ${root}bin/whytrace ask get_trace_stats --db ${path}\n`,
  );
};

const runs = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** Where the simulated device is built: beside its source, or in the state folder where that is read-only. */
const buildFolder = (state: string): string => {
  const beside = `${root}lab/cudasim`;
  try {
    accessSync(existsSync(`${beside}/build`) ? `${beside}/build` : beside, constants.W_OK);
    return `${beside}/build`;
  } catch {
    return join(state, 'cudasim');
  }
};

/** The lab's own program: it alone knows its incidents. */
const runLab = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', `${root}lab/main.ts`, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Incidents of the lab: their names, and a line for each. */
const labIncidents = (): ReadonlyMap<string, string> =>
  new Map(
    runLab('--list')
      .stdout.split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.split(' ')[0] ?? '', line]),
  );

/** Makes and records an incident of the lab. */
const recordLab = (name: string, line: string, path: string): void => {
  out(
    `${line.split(/ {2,}/).at(-1)}\nThe lab plays it and whytrace records it with eBPF; this takes about 10 seconds.\n\n`,
  );
  const { status, stderr } = runLab('--incident', name, '--record', path);
  if (status !== 0)
    throw errors.demoFailed({ command: `lab/main.ts --incident ${name}: ${stderr.trim()}`, code: status ?? 1 });
};

/** What stands in the way of a live demo, in one line each; empty when nothing does. */
const obstacles = async (state: string): Promise<readonly string[]> => {
  const { checkMachine } = await import('../../capture/features.ts');
  const missing = checkMachine()
    .checks.filter(({ ok, required }) => required && !ok)
    .map(({ what, why, todo }) => `${what}: ${why}; ${todo}`);
  if (!runs('python3'))
    missing.push("no python3: the demo's workload is written in Python; install it (apt install python3)");
  if (missing.length > 0) return missing;
  process.env.CUDASIM_OUT = buildFolder(state);
  const built = spawnSync('sh', [`${root}lab/cudasim/build.sh`], { encoding: 'utf8' });
  return built.status === 0
    ? []
    : [`the simulated CUDA device cannot be built: ${built.stderr.trim().split('\n').at(-1)}`];
};

const explainRecorded = async (chosen: Demo | undefined, missing: readonly string[]): Promise<number> => {
  err(
    `whytrace: this machine or user cannot make a live recording:\n${missing.map((line) => `  - ${line}\n`).join('')}`,
  );
  if (chosen?.recorded === undefined) {
    err(`whytrace: 'whytrace demo' without a name shows the incident of which a recording is bundled: ${FIRST_DEMO}\n`);
    return 1;
  }
  const path = root + chosen.recorded;
  out(
    'What follows is not from this machine: a recording of the same demo, made by whytrace before and bundled with it.\n\n',
  );
  await explainFile(path);
  await sayHowToConnect(path);
  return 0;
};

export const demo: Command = {
  name: 'demo',
  summary: 'make a real incident, record it, explain it',
  usage: '[INCIDENT] [-o FILE] [--list]',
  about:
    'Runs a small training-like program on a simulated CUDA device with a known fault, records it live in the kernel and explains it; then prints the lines that connect AI agents to the recording. Needs root, python3 and gcc; without them it says what is missing and explains a recording made before. The demos packet-loss and reverse-shell are watched in the running kernel instead: on hosts and processes of their own, of which nothing stays.',
  options: {
    output: {
      type: 'text',
      short: 'o',
      value: 'FILE',
      doc: 'file to write',
      default: 'demo.db in the state directory',
    },
    list: { type: 'flag', doc: 'list the incidents' },
  },
  words: 1,
  examples: [
    { line: 'sudo whytrace demo', doc: 'the data loader starved by a CPU hog' },
    { line: 'sudo whytrace demo healthy', doc: 'its twin without the fault' },
    { line: 'sudo whytrace demo packet-loss', doc: 'a lossy link, and what the watches say of it' },
  ],
  run: async (args) => {
    if (args.flag('list')) {
      for (const [name, { doc }] of Object.entries({ ...demos, ...liveDemos }))
        out(`${name.padEnd(26)} ${'demo'.padEnd(11)} ${doc}\n`);
      for (const line of labIncidents().values()) out(`${line}\n`);
      err(
        "\nEach is made on this machine, recorded and explained: 'sudo whytrace demo NAME'. A control has no fault.\n",
      );
      return 0;
    }
    const name = args.words[0] ?? FIRST_DEMO;
    const live = liveDemos[name];
    process.env.UV_THREADPOOL_SIZE ??= '64';
    if (live !== undefined) {
      const { playLiveDemo } = await import('../play-live-demo.ts');
      if (args.text('output') !== undefined) err(`note: ${name} is watched live: nothing is recorded\n`);
      return playLiveDemo(name, live);
    }
    const chosen = demos[name];
    const ofLab = chosen === undefined ? labIncidents() : new Map<string, string>();
    const line = ofLab.get(name);
    if (chosen === undefined && line === undefined)
      throw errors.unknownIncident({
        name,
        near: nearest(name, [...Object.keys(demos), ...Object.keys(liveDemos), ...ofLab.keys()]),
      });
    const { stateFolder } = await import('../../serve/find-recording.ts');
    const state = stateFolder();
    const missing = await obstacles(state);
    if (missing.length > 0) return explainRecorded(chosen, missing);
    mkdirSync(state, { recursive: true });
    const path = args.text('output') ?? join(state, 'demo.db');
    if (chosen === undefined) {
      recordLab(name, line ?? '', path);
      await explainFile(path);
      await sayHowToConnect(path);
      return 0;
    }
    out(`${chosen.story}\nwhytrace records it with eBPF; this takes about 7 seconds.\n\n`);
    const { recordAndSummarise } = await import('../record-and-summarise.ts');
    const [script = '', ...options] = chosen.script;
    const command = ['python3', root + script, ...options];
    const selection = { pids: [], comms: [], cgroups: [], all: false, command };
    const code = await recordAndSummarise({
      path,
      selection,
      duration: undefined,
      mute: true,
      quiet: false,
      summary: false,
    });
    if (code !== 0) throw errors.demoFailed({ command: command.join(' '), code });
    await explainFile(path);
    await sayHowToConnect(path);
    return 0;
  },
};
