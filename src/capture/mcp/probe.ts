// Asks a listener whether it speaks MCP, as any client would begin. Only when the user says so: to ask is to touch. Takes
// nothing from the answer but whether it has the form of one.
import { request } from 'node:http';

const PATIENCE_MS = 700;
const MOST_BYTES = 65_536;
const PATHS = ['/mcp', '/'] as const;
const REVISION = '2026-07-28';

const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'whytrace-doctor', version: '1' },
};
const DISCOVER = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: META } });

/** What an answer shows: JSON-RPC, or the challenge of a server that wants a token for MCP. */
const signOf = (status: number, challenge: string, body: string): string | undefined => {
  if (/"jsonrpc"\s*:\s*"2\.0"/.test(body)) return 'JSON-RPC to server/discover';
  return status === 401 && /resource_metadata=/.test(challenge) ? 'a challenge for an MCP token' : undefined;
};

const ask = (host: string, port: number, path: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const asked = request(
      {
        ...{ host, port, path, method: 'POST', timeout: PATIENCE_MS },
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': REVISION,
          'mcp-method': 'server/discover',
        },
      },
      (response) => {
        let body = '';
        const done = () => {
          const { statusCode = 0, headers } = response;
          resolve(signOf(statusCode, String(headers['www-authenticate'] ?? ''), body));
          asked.destroy();
        };
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
          // A stream of events may never end.
          if (body.length > MOST_BYTES || /"jsonrpc"/.test(body)) done();
        });
        response.on('end', done);
        response.on('error', done);
      },
    );
    const giveUp = setTimeout(() => asked.destroy(), 2 * PATIENCE_MS);
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.on('close', () => {
      clearTimeout(giveUp);
      resolve(undefined);
    });
    asked.end(DISCOVER);
  });

/** How a listener on this host's loopback answers, when it answers as an MCP server does. */
export const probe = async (host: string, port: number): Promise<string | undefined> => {
  for (const path of PATHS) {
    const found = await ask(host, port, path);
    if (found !== undefined) return `${found} at ${path}`;
  }
  return undefined;
};
