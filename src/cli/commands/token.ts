// `whytrace token`: a short-lived token for the HTTP address of a server on this machine, got over its socket.
import type { Command } from '../command.ts';
import { scopesOf } from '../mcp-options.ts';
import { out, outJson } from '../print.ts';

export const token: Command = {
  name: 'token',
  summary: 'get a short-lived token for the HTTP address of a server on this machine',
  usage: '[--socket PATH] [--ttl 10m] [--scope SCOPE]... [--headers | --json]',
  about:
    'Asks the server at a UNIX socket, which knows the user of this process by the word of the kernel. The token is good for the HTTP address of that server only, and for at most an hour. It goes to stdout and is kept nowhere.',
  options: {
    socket: { type: 'text', value: 'PATH', doc: 'socket of the server', default: 'that of your own server' },
    ttl: { type: 'time', value: 'TIME', doc: 'how long it holds, at most 1h', default: '10m' },
    scope: {
      type: 'text',
      value: 'SCOPE',
      repeat: true,
      doc: 'what its holder may do: telemetry:read, sql:read, probe:control, admin',
      default: 'telemetry:read and sql:read',
    },
    headers: { type: 'flag', doc: 'print HTTP headers as JSON, as the headersHelper of Claude Code wants them' },
    json: { type: 'flag', doc: 'print the token with its URL, scopes and end, as JSON' },
  },
  words: 0,
  examples: [
    { line: 'whytrace token', doc: 'a token of 10 minutes' },
    { line: 'whytrace token --ttl 5m --scope telemetry:read --headers', doc: 'for a headersHelper' },
  ],
  run: async (args) => {
    const { askToken } = await import('../../serve/transport/ask-token.ts');
    const { defaultSocket } = await import('../../serve/default-socket.ts');
    const ttl = args.time('ttl');
    const scopes = scopesOf(args, 'scope', 'token');
    const got = await askToken(args.text('socket') ?? defaultSocket(), {
      ...(ttl === undefined ? {} : { seconds: Math.max(1, Math.round(ttl / 1e9)) }),
      ...(scopes === undefined ? {} : { scopes }),
    });
    if (args.flag('headers')) outJson({ Authorization: `Bearer ${got.token}` });
    else if (args.flag('json')) outJson(got);
    else out(`${got.token}\n`);
    return 0;
  },
};
