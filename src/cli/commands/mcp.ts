// `whytrace mcp`: serves a recording to MCP clients, over stdin and stdout, a UNIX socket or HTTP.
import type { Arguments } from '../arguments.ts';
import { auditPlace } from '../audit-place.ts';
import { boundHeap } from '../bound-heap.ts';
import type { Command } from '../command.ts';
import { becomeOwner, dropCapabilities } from '../drop-root.ts';
import { errors } from '../errors.ts';
import { createLive, createRemoteLive } from '../live.ts';
import { mcpOptions } from '../mcp-options.ts';
import { err } from '../print.ts';
import { toolContext } from '../tool-context.ts';
import { VERSION } from '../version.ts';

const NETWORK = ['socket', 'http'];

/** What a server that was started as root has given up. */
const tell = (what: string | undefined) => {
  if (what !== undefined) err(`whytrace: ${what}\n`);
};

/** What every transport shares. */
const servingOf = async (args: Arguments) => {
  const { mcpServing } = await import('../../serve/mcp.ts');
  const { AGENT_BUDGET } = await import('../../serve/tool.ts');
  const { createAudit } = await import('../../serve/audit/audit-watch.ts');
  const { createAuditSink } = await import('../../serve/audit/audit-sink.ts');
  const rate = args.integer('rate');
  const { CONTROL_SOCKET } = await import('../../serve/default-socket.ts');
  const live = args.flag('live')
    ? createLive(args.text('allow-list'))
    : createRemoteLive(args.text('control') ?? CONTROL_SOCKET);
  const context = {
    ...toolContext(args.text('db'), AGENT_BUDGET, args.text('audit')),
    ...{ live: live.desk, liveState: live.state, pendingAlerts: live.pending },
  };
  const sink = createAuditSink({ ...auditPlace(args.text('audit')), report: (text) => err(`whytrace: ${text}\n`) });
  process.once('exit', sink.close);
  const serving = mcpServing({
    version: VERSION,
    context,
    audit: createAudit({ sink, path: context.path }),
    ...(rate === undefined ? {} : { limits: { callsPerSecond: Math.max(1, rate), burst: Math.max(1, rate) * 20 } }),
    report: (error) => err(`whytrace: ${error.message}\n`),
  });
  // For the conformance suite, which needs tools of its own behind our transports: no option, since it serves nobody else.
  if (process.env.WHYTRACE_MCP_FIXTURES !== '1') return serving;
  return (await import('../../serve/conformance/fixture-serving.ts')).fixtureServing(serving, VERSION);
};

/** Until a signal ends it; a second one does not wait. */
const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

const serveAddresses = async (args: Arguments): Promise<number> => {
  const { httpChoice, scopesOf } = await import('../mcp-options.ts');
  const { checkHttp, serveNetwork } = await import('../../serve/transport/serve-network.ts');
  const { peerPolicy } = await import('../../serve/identity/peer.ts');
  const { defaultSocket } = await import('../../serve/default-socket.ts');
  const { stateFolder } = await import('../../serve/find-recording.ts');
  const http = httpChoice(args);
  if (http !== undefined) checkHttp(http);
  const granted = scopesOf(args, 'grant', 'mcp');
  // On this machine a caller proves itself with a token, and tokens come from a socket: so there is always one.
  const needsTokens =
    http?.address.loopback === true && !http.open && http.oauth === undefined && http.tls?.clientCa === undefined;
  const path = args.text('socket') ?? (needsTokens ? defaultSocket() : undefined);
  const policy = peerPolicy(args.integers('allow-uid'), args.integers('allow-gid'), granted);
  const serving = await servingOf(args);
  const running = await serveNetwork({
    serving,
    keyPath: `${stateFolder()}/token-key.pem`,
    ...(path === undefined ? {} : { socket: { path, policy } }),
    ...(http === undefined ? {} : { http }),
    ...(granted === undefined ? {} : { granted }),
  });
  err(
    [
      ...running.map(({ address }) => `whytrace: MCP at ${address}\n`),
      needsTokens ? `whytrace: clients send a token: whytrace token --socket ${path}\n` : '',
      http?.open ? 'whytrace: --http-open: every user of this machine gets in\n' : '',
    ].join(''),
  );
  // A live look loads a kernel side when it is asked for.
  if (!args.flag('live')) tell(await dropCapabilities());
  await untilSignal();
  await Promise.all(running.map(({ close }) => close()));
  serving.changes.close();
  return 0;
};

export const mcp: Command = {
  name: 'mcp',
  summary: 'serve a recording to AI agents over MCP',
  usage: '[--db FILE] [--socket PATH] [--http HOST:PORT] | --connect PATH',
  about:
    'Speaks the Model Context Protocol (revisions 2026-07-28, 2025-11-25 and 2025-06-18). On stdin and stdout until stdin ends, as clients start it: Claude Code, Cursor, VS Code. With --socket or --http as a server of its own until it is told to end. The file is opened anew for each request, so it may grow or be replaced. Over HTTP every caller proves who it is: with a token of `whytrace token`, of an issuer, or a client certificate.',
  options: mcpOptions,
  words: 0,
  examples: [
    { line: 'whytrace mcp --db run.db', doc: 'serve run.db' },
    { line: 'claude mcp add whytrace -- whytrace mcp --db /path/run.db', doc: 'let Claude Code start it' },
    { line: 'whytrace mcp --socket /run/whytrace/mcp.sock --allow-gid 990', doc: 'for all users of a group' },
    { line: 'whytrace mcp --http 127.0.0.1:7411', doc: 'over HTTP on this machine, with tokens' },
    {
      line: 'whytrace mcp --http 0.0.0.0:7411 --tls-cert c.pem --tls-key k.pem --oauth-issuer https://login.example.com --oauth-audience https://trace.example.com/mcp',
      doc: 'for the network',
    },
  ],
  run: async (args) => {
    const network = NETWORK.filter((name) => args.text(name) !== undefined);
    const path = args.text('connect');
    const alone = Object.keys(mcpOptions).filter((name) => name !== 'connect' && args.texts(name).length > 0);
    if (path !== undefined && alone[0] !== undefined)
      throw errors.badValue({
        name: '--connect',
        value: path,
        wanted: `no other option, such as --${alone[0]}`,
        command: 'mcp',
      });
    if (args.flag('live') && args.text('control') !== undefined)
      throw errors.badValue({
        name: '--control',
        value: args.text('control') ?? '',
        wanted: 'no --live: a server watches by itself, or through another program',
        command: 'mcp',
      });
    boundHeap();
    if (path !== undefined) {
      await (await import('../../serve/transport/bridge.ts')).bridge(path);
      return 0;
    }
    if (network.length > 0) return serveAddresses(args);
    const { serveOverStdio } = await import('../../serve/transport/stdio.ts');
    if (!args.flag('live')) tell(becomeOwner(toolContext(args.text('db'), 0).path));
    const serving = await servingOf(args);
    serveOverStdio({ ...serving, watch: serving.watch?.transport });
    // After the first answers can be given.
    if (!args.flag('live')) tell(await dropCapabilities());
    return 0;
  },
};
