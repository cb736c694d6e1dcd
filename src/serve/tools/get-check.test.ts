import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import type { McpServer } from '../../base/mcp-server.ts';
import { AGENT_BUDGET, type ToolContext } from '../tool.ts';
import { getCheck, serversAnswer } from './get-check.ts';

const running: McpServer = {
  ...{ pid: 70, comm: 'node', uid: 1000, user: 'me', args: 'npx mcp-server-git --token=[redacted]' },
  ...{ package: 'mcp-server-git', transport: 'stdio', addresses: [], parents: [{ pid: 60, comm: 'claude' }] },
  ...{ client: 'claude', confidence: 0.9, why: ['its command line names a package of an MCP server'], seen: 'running' },
};

test('with mcp: the servers that run, then those that the recorder saw, each once', async (t) => {
  const made = scene();
  t.after(() => made.remove());
  const process = (pid: number, comm: string, args: string, parent: number) =>
    made.writer.process({
      ...{ pid, start_ns: 0, end_ns: 5, comm, exe: null, args, parent_pid: parent, uid: 0, cgroup: null },
      ...{ container: null, tracked: 1, exit_code: null, note: null },
    });
  process(60, 'claude', 'claude', 1);
  process(70, 'node', running.args, 60);
  process(71, 'node', 'node /x/node_modules/@modelcontextprotocol/server-memory/dist/index.js', 60);
  process(72, 'nginx', 'nginx', 1);
  made.done();
  const context: ToolContext = {
    path: () => made.path,
    check: async () => ({ ok: false, checks: [] }),
    servers: async () => ({ servers: [running], unseen: 3, probed: 0 }),
    budget: AGENT_BUDGET,
  };
  const mcp = serversAnswer.parse((await getCheck.call({ mcp: true }, context)).mcp);
  assert.deepEqual(
    mcp.servers.map(({ pid, seen, client }) => [pid, seen, client]),
    [
      [70, 'running', 'claude'],
      [71, 'recorded', 'claude'],
    ],
  );
  assert.deepEqual([mcp.servers_total, mcp.unseen], [2, 3]);
  // Without a recording those that run are told all the same.
  const alone = await getCheck.call({ mcp: true }, { ...context, path: () => '/nowhere.db' });
  assert.match(JSON.stringify(alone), /"servers_total":1/);
  assert.deepEqual(await getCheck.call({}, context), { ok: false, checks: [] });
});
