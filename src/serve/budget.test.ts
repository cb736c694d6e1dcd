// What this server costs its clients in tokens, counted by the tokenizers of two families of models: the larger counts.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encode as cl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { encode as o200k } from 'gpt-tokenizer/encoding/o200k_base';
import { toolArguments } from '../../test/tool-arguments.ts';
import { instructions } from './instructions.ts';
import { connectedTo } from './protocol/client-for-test.ts';
import { AGENT_BUDGET, type ToolContext } from './tool.ts';
import { causalChainsAnswer } from './tools/get-causal-chains.ts';
import { recordingTools, tools } from './tools.ts';

const ALL_DEFINITIONS = 4_000;
const FIRST_ANSWER = 2_000;

const FOLDER = fileURLToPath(new URL('../../lab/recordings/', import.meta.url));
const recordings = readdirSync(FOLDER).filter((name) => name.endsWith('.db'));

const tokensOf = (value: unknown): number => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return Math.max(o200k(text).length, cl100k(text).length);
};

/** As long as the real one. */
const check = {
  name: 'btf',
  ok: false,
  required: true,
  what: 'type information of the kernel',
  why: '/sys/kernel/btf/vmlinux is missing',
  todo: 'use a kernel built with CONFIG_DEBUG_INFO_BTF',
};
const contextOf = (name: string): ToolContext => ({
  path: () => `${FOLDER}${name}`,
  check: async () => ({ ok: false, checks: Array.from({ length: 20 }, () => check) }),
  budget: AGENT_BUDGET,
});
/** All tools are told of only where the running kernel can be asked. */
const live = { live: () => Promise.reject(new Error('nobody asks it')), liveState: () => 'asleep' as const };

for (const mode of ['legacy', 'auto'] as const)
  test(`the definitions of all tools, as sent to a ${mode} client, fit ${ALL_DEFINITIONS} tokens`, async (t) => {
    await connectedTo({ mode, context: { ...contextOf(recordings[0] ?? ''), ...live } }, async ({ client }) => {
      const { tools: listed } = await client.listTools();
      assert.equal(listed.length, tools.length);
      const count = tokensOf(listed);
      const each = listed.map((tool) => `${tool.name} ${tokensOf(tool)}`).join(', ');
      t.diagnostic(`${count} tokens for ${listed.length} tools: ${each}`);
      assert.ok(count <= ALL_DEFINITIONS, `${count} tokens: ${each}`);
    });
  });

test('the instructions fit what clients keep of them, and descriptions are short', () => {
  assert.ok(Buffer.byteLength(instructions) <= 2048, `${Buffer.byteLength(instructions)} bytes`);
  assert.match(instructions, /untrusted data/);
  for (const { name, description } of tools)
    assert.ok(tokensOf(description) <= 80, `${name}: ${tokensOf(description)} tokens`);
});

for (const name of recordings)
  test(`first answers about ${name} fit ${FIRST_ANSWER} tokens`, async (t) => {
    for (const tool of recordingTools) {
      const answer = await tool.call(toolArguments(tool.name), contextOf(name));
      const count = tokensOf(answer);
      t.diagnostic(`${tool.name}: ${count} tokens`);
      assert.ok(count <= FIRST_ANSWER, `${tool.name}: ${count} tokens`);
      if (tool.name !== 'get_causal_chains') continue;
      const { chains } = causalChainsAnswer.parse(answer);
      assert.ok(chains.length > 0);
      for (const chain of chains.slice(0, 2)) t.diagnostic(`chain ${chain.id}: ${tokensOf(chain)} tokens`);
    }
  });
