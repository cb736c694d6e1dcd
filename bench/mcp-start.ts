// How long the MCP server takes from its start to the answer of its first tools/list.
import { spawn } from 'node:child_process';
import { type Bench, figureOf } from './figure.ts';
import { launcher } from './lab.ts';

const RUNS = 9;
const requests = [
  {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} },
];

const firstList = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(launcher, ['mcp', '--db', '/nonexistent/recording.db'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    let took: number | undefined;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (took === undefined && text.includes('"id":2')) {
        took = performance.now() - began;
        child.stdin.end();
      }
    });
    child.on('error', reject);
    child.on('exit', () => (took === undefined ? reject(new Error('no answer')) : resolve(took)));
    child.stdin.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  });

export const mcpStart: Bench = {
  name: 'mcp-start',
  doc: 'from the start of mcp to the answer of its first tools/list',
  run: async () => {
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) times.push(await firstList());
    return [figureOf('mcp_first_tools_list', 'ms', { atMost: 400 }, times)];
  },
};
