// The command line from outside: exit codes, one line on stderr, nothing but the answer on stdout.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { scene } from '../../test/scene.ts';
import { tools } from '../serve/tools.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp } from './help.ts';
import { reportOf } from './report.ts';
import { LAUNCHER, whytrace } from './run-for-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-cli-'));
const recording = scene();
const thread = { pid: 100, tid: 100, comm: 'python3' };
const hog = { pid: 200, tid: 200, comm: 'stress' };

before(() => {
  recording.process(100, 'python3');
  for (let i = 0; i < 400; i++) {
    const slow = i % 20 === 7;
    const start = i * 10e6;
    recording.call(thread, 'cudaMemcpy', start, slow ? 9e6 : 2e5, { args: { bytes: 4096 } });
    if (!slow) continue;
    recording.wait(thread, start + 1e5, 0, { runnable: 8.5e6, cpu: 1 });
    recording.slice(hog, 1, start + 1e5, 8.5e6);
  }
  recording.done();
});
after(() => {
  recording.remove();
  rmSync(folder, { recursive: true });
});

/** What runs at the same time: as much as two processors can do. */
const AT_ONCE = 3;
const severalAtOnce = async <T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> => {
  const left = [...things];
  const worker = async () => {
    for (let thing = left.shift(); thing !== undefined; thing = left.shift()) await work(thing);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

const oneLine = (err: string) => {
  assert.match(err, /^whytrace: [^\n]+\n$/);
};

test('help for the program and for every command, on stdout', async () => {
  const [{ code, out }, own, same, tool, version] = await Promise.all([
    whytrace(['--help']),
    whytrace(['verify', '--help']),
    whytrace(['help', 'verify']),
    whytrace(['ask', 'run_sql', '--help']),
    whytrace(['--version']),
  ]);
  assert.equal(code, 0);
  assert.deepEqual(own, { code: 0, out: commandHelp(await commands.verify(), { options: {} }), err: '' });
  assert.deepEqual(same, own);
  // The text of each is made from its data alone: no process is needed to read it.
  for (const [name, load] of Object.entries(commands)) {
    assert.match(out, new RegExp(`^  ${name} +\\S`, 'm'));
    const command: Command = await load();
    assert.equal(command.name, name);
    const help = commandHelp(command, (await command.details?.([])) ?? { options: {} });
    for (const part of [`usage: whytrace ${name}`, 'options:', '--help', 'examples:'])
      assert.ok(help.includes(part), `${name}: ${part}`);
  }
  assert.match(tool.out, /--query VALUE {2,}One SELECT/);
  assert.match(version.out, /^whytrace \d+\.\d+\.\d+\n$/);
});

test('wrong usage: one line on stderr, nothing on stdout, exit code 2', async () => {
  const wrong = [
    [['explan'], /did you mean 'explain'/],
    [['help', 'nope'], /unknown command 'nope'/],
    [['explain', '--jsn'], /did you mean '--json'/],
    [['explain', '--pid', 'x'], /whole number/],
    [['ask'], /no tool is named/],
    [['ask', 'get_stack'], /did you mean 'get_stacks'/],
    [['ask', 'run_sql', '--qery', 'x'], /did you mean '--query'/],
    [['ask', 'run_sql', '--query', 'select 1', '--limit', 'many', '--db', recording.path], /limit/],
    [['mcp', '--http', 'nowhere'], /HOST:PORT|address/],
    [['mcp', '--connect', '/x', '--http', '127.0.0.1:1'], /no other option/],
  ] as const;
  await severalAtOnce(wrong, async ([args, message]) => {
    const { code, out, err } = await whytrace(args);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    oneLine(err);
    assert.match(err, message);
  });
  const bare = await whytrace([]);
  assert.deepEqual([bare.code, bare.out], [2, '']);
  assert.match(bare.err, /usage:/);
});

test('explain: plain English for people, exactly the answer of the tool for programs', async () => {
  const text = await whytrace(['explain', recording.path, '--top', '1'], { env: { NO_COLOR: '1' } });
  assert.deepEqual([text.code, text.err], [0, '']);
  assert.match(text.out, /stress \(pid 200\)/);
  const json = await whytrace(['explain', recording.path, '--json', '--from', '0', '--to', '3.5s']);
  const asked = await whytrace([
    'ask',
    'get_causal_chains',
    '--db',
    recording.path,
    '--json',
    '--from',
    '0',
    '--to',
    '3.5s',
  ]);
  assert.deepEqual(asked, json);
  const answer = JSON.parse(json.out);
  assert.equal(answer.verdict, 'explained');
  assert.equal(answer.chains[0].root.comm, 'stress');
  assert.equal(json.out.trimEnd().split('\n').length, 1);
});

test('ask: a table for people, JSON for programs', async () => {
  const query = "select count(*) as n, 'a' as t from calls";
  assert.match(
    (await whytrace(['ask', 'run_sql', '--query', query, '--db', recording.path])).out,
    /^ {2}n {2}t\n400 {2}a\n/,
  );
  const { out } = await whytrace(['ask', 'run_sql', '--query', query, '--db', recording.path, '--json']);
  assert.deepEqual(JSON.parse(out), {
    columns: ['n', 't'],
    rows: [[400, 'a']],
    row_count: 1,
    truncated: false,
    total: 1,
  });
  const { tools: listed } = JSON.parse((await whytrace(['ask', '--list', '--json'])).out);
  assert.deepEqual(
    listed.map(({ name }: { name: string }) => name),
    tools.map(({ name }) => name),
  );
});

test('a process, a call or a time that the recording lacks: one line, exit code 1 or 2', async () => {
  for (const [args, exit, message] of [
    [['--pid', '4242'], 1, /process 4242 is not in this recording: the recorded processes are 100 \(python3\)/],
    [['--op', 'cudaMemcp'], 1, /did you mean 'cudaMemcpy'/],
    [['--from', '1h'], 1, /nothing was recorded after/],
    [['--from', '2', '--to', '1'], 2, /is empty/],
  ] as const) {
    const { code, out, err } = await whytrace(['explain', recording.path, ...args]);
    assert.deepEqual([code, out], [exit, ''], args.join(' '));
    oneLine(err);
    assert.match(err, message);
  }
});

/** Files that are no readable recording, and what must be said of them. */
const badFiles = (): readonly (readonly [string, RegExp])[] => {
  const at = (name: string) => join(folder, name);
  writeFileSync(at('empty.db'), '');
  writeFileSync(at('text.db'), 'dear diary\n'.repeat(1000));
  const foreign = new DatabaseSync(at('foreign.db'));
  foreign.exec('CREATE TABLE recording (key, value)');
  foreign.close();
  copyFileSync(recording.path, at('half.db'));
  truncateSync(at('half.db'), Math.floor(readFileSync(recording.path).length / 2));
  copyFileSync(recording.path, at('stub.db'));
  truncateSync(at('stub.db'), 50);
  return [
    [at('missing.db'), /there is no such file/],
    [folder, /it is not a file/],
    [at('empty.db'), /the file is empty/],
    [at('text.db'), /it is not an SQLite file/],
    [at('foreign.db'), /an SQLite file of another program/],
    [at('half.db'), /is damaged/],
    [at('stub.db'), /it ends inside the SQLite header|is damaged/],
  ];
};

test('a file that is no recording: one line with the reason, exit code 1, nothing on stdout', async () => {
  const query = ['run_sql', '--query', 'SELECT sum(duration_ns) FROM calls'];
  const damaged = /(half|stub)\.db$/;
  // Most are refused where every command opens its file. What is damaged further in each command meets by itself.
  const files = badFiles();
  const checks = files.flatMap(([path, reason]) => [
    { args: ['explain', path, '--json'], reason },
    ...(damaged.test(path)
      ? [['get_trace_stats'], query].map((tool) => ({ args: ['ask', ...tool, '--db', path, '--json'], reason }))
      : []),
  ]);
  await severalAtOnce(checks, async ({ args, reason }) => {
    const { code, out, err } = await whytrace(args);
    assert.deepEqual([code, out], [1, ''], `${args.join(' ')}: ${err}`);
    oneLine(err);
    assert.match(err, reason);
  });
  for (const [path, reason] of files)
    for (const tool of [['get_trace_stats'], query]) {
      const ask: Command = await commands.ask();
      const words = [...tool, '--db', path, '--json'];
      const options = { ...(await ask.details?.(words))?.options, ...ask.options };
      await assert.rejects(ask.run(parseArguments({ ...ask, options }, words)), (thrown) => {
        const { text, exitCode } = reportOf(thrown, false);
        assert.equal(exitCode, 1);
        oneLine(text);
        assert.match(text, reason);
        return true;
      });
    }
});

test('no recording anywhere: said in one line', async () => {
  const { code, err } = await whytrace(['explain'], { cwd: folder, env: { XDG_STATE_HOME: folder } });
  assert.equal(code, 1);
  oneLine(err);
  assert.match(err, /no recording found/);
});

test('a recording that is still being written can be read', async () => {
  const live = scene();
  try {
    live.process(1, 'python3');
    live.call({ pid: 1, tid: 1, comm: 'python3' }, 'cudaMalloc', 0, 1000);
    live.writer.commit(1000);
    for (const [args, calls] of [
      [['ask', 'get_trace_stats'], 1],
      [['ask', 'run_sql', '--query', 'SELECT count(*) FROM calls'], undefined],
    ] as const) {
      const { code, out, err } = await whytrace([...args, '--db', live.path, '--json']);
      assert.equal(code, 0, err);
      const answer = JSON.parse(out);
      if (calls === undefined) assert.deepEqual(answer.rows, [[1]]);
      else assert.equal(answer.calls, calls);
    }
  } finally {
    live.done();
    live.remove();
  }
});

test('a reader that leaves early, as head does, is no error', async () => {
  const child = spawn(
    LAUNCHER,
    ['ask', 'run_sql', '--query', 'SELECT * FROM calls', '--limit', '400', '--db', recording.path],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.deepEqual([code, err], [0, '']);
});
