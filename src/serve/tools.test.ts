// What holds for every tool: its answer has the declared shape, fits an agent's window and carries no control characters;
// what its caller got wrong is a UserError.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pythonFrame, scene } from '../../test/scene.ts';
import { toolArguments } from '../../test/tool-arguments.ts';
import { UserError } from '../base/errors.ts';
import { calls } from '../catalogue/calls.ts';
import { AGENT_BUDGET, type ToolContext } from './tool.ts';
import { recordingTools, toolNamed, tools } from './tools.ts';

/** Text that a hostile program could be called. */
const HOSTILE = '\u001b[2J\u202eevil\u200b\n';
const big = scene({ host: HOSTILE, watches: 'network,security', network_counters: '{"tcp_segments_sent":9}' });
const small = scene();
const check = {
  name: 'btf',
  ok: false,
  required: true,
  what: 'type information of the kernel',
  why: '/sys/kernel/btf/vmlinux is missing',
  todo: 'use a kernel built with CONFIG_DEBUG_INFO_BTF',
};
const contextOf = (path: string): ToolContext => ({
  path: () => path,
  check: async () => ({ ok: false, checks: Array.from({ length: 14 }, () => check) }),
  budget: AGENT_BUDGET,
});

/** Many processes, calls, slow ones for different reasons, deep stacks with long names, losses. */
const fill = () => {
  for (let p = 0; p < 60; p++) big.process(1000 + p, `${HOSTILE}${p}`.slice(0, 15));
  const hog = { pid: 9, tid: 9, comm: HOSTILE };
  for (const [n, { op }] of calls.slice(0, 40).entries()) {
    const thread = { pid: 1000 + n, tid: 1000 + n, comm: `${HOSTILE}w` };
    for (let i = 0; i < 60; i++) {
      const start = i * 50e6 + n * 1e6;
      const slow = i % 10 === 3;
      const native = Array.from({ length: 40 }, (_, f) => `${HOSTILE}${'frame'.repeat(30)}${f}`);
      const own = pythonFrame(
        `${HOSTILE}${'forward'.repeat(30)}`,
        `/srv/${HOSTILE}${'deep/'.repeat(50)}${HOSTILE}.py`,
        n,
      );
      const stack = slow ? [...native.slice(0, 20), own, ...native.slice(20)] : [];
      big.call(thread, op, start, slow ? 30e6 : 1e5, { args: { bytes: i }, ret: i % 13 === 0 ? 2 : 0, stack });
      if (!slow) continue;
      for (let w = 0; w < 20; w++) {
        big.wait(thread, start + w * 1e6, 5e5, { runnable: 4e5, waker: hog, syscall: 'futex', cpu: n % 4, stack });
        big.sample(thread, start + w * 1e6, { stack });
        big.slice(hog, n % 4, start + w * 1e6 + 5e5, 4e5);
      }
    }
  }
  for (let i = 0; i < 60; i++) {
    const parts = { comm: HOSTILE, exe: HOSTILE.repeat(60), pid: 1000 + i, rule: `packets_${i % 20}` };
    const facts = JSON.stringify({ class: 'policy', reason: 'NETFILTER_DROP', program: HOSTILE.repeat(40), lately: i });
    const parents = JSON.stringify(
      Array.from({ length: 6 }, (_, p) => ({ pid: p, comm: HOSTILE, exe: HOSTILE.repeat(9) })),
    );
    big.alert(i, { ...parts, facts, parents, evidence: JSON.stringify([big.liveEvent('skb:kfree_skb', i)]) });
    big.writer.loss('watch_partial', 0, 0, 1, `${HOSTILE.repeat(20)}${i}`);
    big.writer.loss('alert_held_back', 0, i, 1, `rule_${i % 30}`);
  }
  for (let i = 0; i < 30; i++) big.writer.loss('probe_failed', i, i + 1, 1, HOSTILE.repeat(50));
  big.done();
};

before(() => {
  fill();
  small.process(5, 'python3');
  small.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', 0, 1000);
  small.done();
});
after(() => {
  big.remove();
  small.remove();
});

const stringsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
};

for (const tool of recordingTools)
  test(`${tool.name}: declared shape, 2,000 tokens, no control characters`, async () => {
    for (const path of [big.path, small.path]) {
      const answer = await tool.call(toolArguments(tool.name), contextOf(path));
      // The declared shape, and nothing beyond it.
      assert.deepEqual(tool.output.parse(answer), answer);
      const json = JSON.stringify(answer);
      assert.ok(json.length / 4 <= 2000, `${json.length / 4} tokens`);
      for (const text of stringsOf(answer)) assert.doesNotMatch(text, /[\p{Cc}\u200b\u202e]/u);
    }
  });

test('lists that were cut say so', async () => {
  for (const name of ['get_trace_stats', 'get_causal_chains', 'get_stacks', 'run_sql']) {
    const answer = await toolNamed(name).call(toolArguments(name), contextOf(big.path));
    assert.equal(answer.truncated, true, name);
  }
});

test('run_sql pages through everything with its cursor', async () => {
  const tool = toolNamed('run_sql');
  const query = 'SELECT id FROM calls ORDER BY id';
  let cursor: unknown;
  let rows = 0;
  let pages = 0;
  do {
    const answer = await tool.call(
      { query, limit: 1000, ...(cursor === undefined ? {} : { cursor }) },
      contextOf(big.path),
    );
    assert.equal(answer.total, 2400);
    rows += Number(answer.row_count);
    cursor = answer.next_cursor;
    pages++;
  } while (cursor !== undefined && pages < 10);
  assert.equal(rows, 2400);
  await assert.rejects(tool.call({ query: 'SELECT 1', cursor: '5.00000000' }, contextOf(big.path)), /does not belong/);
});

test('the answer of get_causal_chains has the fields of the contract, and shares that sum to 1', async () => {
  const tool = toolNamed('get_causal_chains');
  const answer = tool.output.parse(await tool.call({ limit: 3 }, contextOf(big.path)));
  const fields = ['chains', 'losses', 'next_cursor', 'total', 'truncated', 'verdict', 'window'];
  assert.deepEqual(Object.keys(answer).sort(), fields);
  const { chains } = answer;
  assert.ok(Array.isArray(chains) && chains.length === 3);
  for (const chain of chains) {
    assert.deepEqual(Object.keys(chain).sort(), [
      'breakdown',
      'closure',
      'confidence',
      'counter_evidence',
      'grade',
      'id',
      'links',
      'recommendations',
      'root',
      'summary',
      'symptom',
    ]);
    const sum = chain.breakdown.reduce((total: number, part: { share: number }) => total + part.share, 0);
    assert.ok(Math.abs(sum - 1) < 0.01, `${sum}`);
  }
});

test('describe_schema names every view of the contract, and its examples run', async () => {
  const answer = toolNamed('describe_schema').output.parse(
    await toolNamed('describe_schema').call({}, contextOf(small.path)),
  );
  const { tables } = answer;
  assert.ok(Array.isArray(tables));
  const names: readonly string[] = tables.map(({ name }) => name);
  for (const name of ['calls', 'waits', 'processes', 'losses', 'totals', 'recording', 'stacks'])
    assert.ok(names.includes(name), name);
  for (const table of names) {
    const one = await toolNamed('describe_schema').call({ table }, contextOf(small.path));
    const [full] = Array.isArray(one.tables) ? one.tables : [];
    assert.equal(full.meanings.length, full.columns.length);
    const [example] = full.examples;
    if (example !== undefined) await toolNamed('run_sql').call({ query: example.sql }, contextOf(small.path));
  }
});

test('wrong arguments are refused with the reason and what is known', async () => {
  const refusals: readonly (readonly [string, unknown, RegExp])[] = [
    ['get_trace_stats', { nope: 1 }, /nope.*its arguments are pid, limit/],
    ['get_trace_stats', { pid: 'x' }, /pid: .*number/],
    ['get_trace_stats', [1], /expected object/],
    ['get_trace_stats', { pid: 77 }, /process 77 is not in this recording: .* 5 \(python3\)/],
    ['get_causal_chains', { op: 'cudaMaloc' }, /no call 'cudaMaloc'.*cudaMalloc/],
    ['get_causal_chains', { from: 'noon' }, /'noon' is not a time/],
    ['get_causal_chains', { from: 2, to: 1 }, /the window from 2.00 s to 1.00 s is empty/],
    ['get_causal_chains', { from: '1h' }, /nothing was recorded after 3600 s/],
    ['get_causal_chains', { limit: 0 }, /limit/],
    ['get_stacks', { event_id: -1 }, /event_id/],
    ['run_sql', {}, /query is missing/],
    ['run_sql', { query: 'x'.repeat(30_000) }, /query: Too big/],
    ['describe_schema', { table: 'cals' }, /no table or view 'cals': did you mean 'call/],
  ];
  for (const [name, args, reason] of refusals)
    await assert.rejects(
      toolNamed(name).call(args, contextOf(small.path)),
      (error) => error instanceof UserError && reason.test(error.message),
      `${name} ${JSON.stringify(args)}`.slice(0, 100),
    );
});

test('every argument is described', () => {
  for (const { name, input } of tools)
    for (const [key, schema] of Object.entries(input.shape)) assert.ok(schema.description, `${name}.${key}`);
});
