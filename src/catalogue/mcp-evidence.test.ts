import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIKELY, mcpEvidence, type ProcessFacts } from './mcp-evidence.ts';

const facts = (args: string, more: Partial<ProcessFacts> = {}): ProcessFacts => ({
  comm: args.split(' ')[0]?.split('/').at(-1) ?? '',
  args,
  parents: [],
  ...more,
});

const SERVERS: readonly (readonly [args: string, name: string | null])[] = [
  ['npx -y @modelcontextprotocol/server-filesystem /srv', '@modelcontextprotocol/server-filesystem'],
  [
    'node /opt/cache/_npx/1a/node_modules/@modelcontextprotocol/server-memory/dist/index.js',
    '@modelcontextprotocol/server-memory',
  ],
  ['node /x/node_modules/.bin/mcp-server-filesystem /srv', 'mcp-server-filesystem'],
  ['uvx mcp-server-git --repository /srv', 'mcp-server-git'],
  ['/usr/bin/python3 -m mcp_server_fetch', 'mcp_server_fetch'],
  ['python3 /opt/tools/weather_mcp.py', 'weather_mcp.py'],
  ['/usr/local/bin/github-mcp-server stdio', 'github-mcp-server'],
  ['docker run -i --rm -e TOKEN mcp/github', 'mcp/github'],
  ['docker run -i --rm ghcr.io/github/github-mcp-server', 'github-mcp-server'],
  ['fastmcp run server.py', 'fastmcp'],
  ['npx -y @playwright/mcp@latest --headless', '@playwright/mcp'],
];

const OTHERS: readonly string[] = [
  'node server.js',
  'python3 -m http.server 8080',
  'grep -r mcp-server-git /etc',
  'vim mcp-server.py',
  'tail -f /var/log/mcp-server.log',
  'npm install express',
  'nginx -g daemon off;',
  'node /srv/app/tcp-proxy.js',
  'mcpd-exporter',
  'bash',
  'python3 train.py --data mcp-server.json',
];

test('servers are known by their command lines', () => {
  for (const [args, name] of SERVERS) {
    const found = mcpEvidence(facts(args));
    assert.equal(found.package, name, args);
    assert.ok(found.confidence >= LIKELY, args);
  }
});

test('what only mentions one, or serves something else, is none', () => {
  for (const args of OTHERS)
    for (const more of [{}, { talksToParent: true }])
      assert.ok(mcpEvidence(facts(args, more)).confidence < LIKELY, args);
});

test('of this program only mcp is a server, whatever it runs', () => {
  const more = {
    talksToParent: true,
    project: { name: 'whytrace', usesMcp: true },
    parents: [{ comm: 'claude', args: 'claude' }],
  };
  const node = '/opt/x/bin/node --disable-warning=ExperimentalWarning';
  for (const program of ['whytrace', '/usr/bin/whytrace', `${node} /opt/x/src/cli/main.ts`, 'sh /usr/bin/whytrace']) {
    for (const rest of ['record -o x.db', 'record -- npx -y mcp-server-git', 'doctor --mcp', 'watch', ''])
      assert.equal(mcpEvidence(facts(`${program} ${rest}`, more)).confidence, 0, `${program} ${rest}`);
    assert.ok(mcpEvidence(facts(`${program} mcp --db x`, more)).confidence >= LIKELY, program);
  }
  assert.equal(
    mcpEvidence(facts(`${node} /opt/whytrace/src/cli/main.ts record`, { talksToParent: true })).confidence,
    0,
  );
});

test('signs add up', () => {
  const piped = { talksToParent: true };
  const client = {
    parents: [
      { comm: 'sh', args: 'sh' },
      { comm: 'claude', args: 'claude' },
    ],
  };
  assert.ok(mcpEvidence(facts('node x.js', { ...piped, ...client })).confidence >= LIKELY);
  assert.equal(mcpEvidence(facts('node x.js', { ...piped, ...client })).client, 'claude');
  assert.ok(mcpEvidence(facts('foo mcp --db x', piped)).confidence >= LIKELY);
  assert.ok(mcpEvidence(facts('node --flag main.ts mcp', piped)).confidence >= LIKELY);
  assert.ok(mcpEvidence(facts('foo mcp --db x')).confidence < LIKELY);
  const project = { project: { name: 'mine', usesMcp: true } };
  assert.equal(mcpEvidence(facts('node x.js', { ...piped, ...project })).package, 'mine');
  assert.ok(mcpEvidence(facts('node x.js', { ...piped, ...project })).confidence >= LIKELY);
  assert.equal(mcpEvidence(facts('nginx', { answered: 'server/discover' })).confidence, 0.99);
});
