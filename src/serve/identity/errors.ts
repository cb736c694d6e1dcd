// What can go wrong before a question reaches a tool: addresses, sockets, proofs of identity and limits, in the words that the
// shell, HTTP and MCP show. Never the proof itself: no token, no key.
import { defineError } from '../../base/errors.ts';

const listed = (names: readonly (string | number)[]) => names.join(', ');
const MCP_HELP = "see 'whytrace mcp --help'";

export const errors = {
  badAddress: defineError(
    'bad_address',
    ({ text }: { text: string }) => ({
      what: `'${text}' is not an address to listen on`,
      why: 'it takes HOST:PORT, with a port from 0 to 65535',
      todo: 'write it as 127.0.0.1:7411 or [::1]:7411; port 0 takes a free one',
    }),
    2,
  ),
  badUrl: defineError(
    'bad_url',
    ({ option, text, why }: { option: string; text: string; why: string }) => ({
      what: `'${text}' is not a URL for ${option}`,
      why,
      todo: `give a full URL such as https://whytrace.example.com/mcp; ${MCP_HELP}`,
    }),
    2,
  ),
  unprotected: defineError(
    'http_unprotected',
    ({ address }: { address: string }) => ({
      what: `will not listen on ${address}`,
      why: 'others on the network reach it, and nothing would prove who they are',
      todo: 'listen on 127.0.0.1, or add --oauth-issuer and --oauth-audience, or --tls-client-ca',
    }),
    2,
  ),
  plaintext: defineError(
    'http_plaintext',
    ({ address }: { address: string }) => ({
      what: `will not listen on ${address}`,
      why: 'without TLS, tokens and answers would cross the network readable',
      todo: 'add --tls-cert and --tls-key, or --behind-proxy when a proxy before it ends TLS',
    }),
    2,
  ),
  optionsClash: defineError(
    'options_clash',
    ({ why, todo }: { why: string; todo: string }) => ({ what: 'these options do not go together', why, todo }),
    2,
  ),
  cannotListen: defineError('cannot_listen', ({ address, why }: { address: string; why: string }) => ({
    what: `cannot listen on ${address}`,
    why,
    todo: 'choose another address, or end the program that has it',
  })),
  socketTaken: defineError('socket_taken', ({ path, why }: { path: string; why: string }) => ({
    what: `cannot make the socket ${path}`,
    why,
    todo: 'give another path with --socket PATH',
  })),
  noServer: defineError('no_server', ({ path, why }: { path: string; why: string }) => ({
    what: `no server answers at ${path}`,
    why,
    todo: `start one with 'whytrace mcp --socket ${path}', or name its socket with --socket PATH`,
  })),
  peerRefused: defineError('peer_refused', ({ uid, gid }: { uid: number; gid: number }) => ({
    what: `user ${uid} of group ${gid} may not use this server`,
    why: 'the server was not started for this user or one of its groups',
    todo: 'ask its owner to start it with --allow-uid or --allow-gid',
  })),
  noPeer: defineError('peer_unknown', ({ why }: { why: string }) => ({
    what: 'cannot tell who is at the other end of the socket',
    why,
    todo: 'connect from a process of this machine',
  })),
  badFile: defineError('bad_tls_file', ({ path, why }: { path: string; why: string }) => ({
    what: `cannot use ${path}`,
    why,
    todo: 'give PEM files that belong together: --tls-cert, --tls-key and --tls-client-ca',
  })),
  badKey: defineError('bad_token_key', ({ path, why }: { path: string; why: string }) => ({
    what: `cannot use the key ${path}`,
    why,
    todo: 'remove the file: a new key is made, and tokens of the old one end',
  })),
  noIssuer: defineError('issuer_unreachable', ({ issuer, why }: { issuer: string; why: string }) => ({
    what: `cannot get the keys of ${issuer}`,
    why,
    todo: 'check that this machine reaches the issuer, or name its keys with --oauth-jwks URL',
  })),
  needToken: defineError('token_needed', ({ how }: { how: string }) => ({
    what: 'this server answers only callers that it knows',
    why: 'the request carries no proof of who sent it',
    todo: how,
  })),
  badToken: defineError('token_refused', ({ why, how }: { why: string; how: string }) => ({
    what: 'the token was refused',
    why,
    todo: how,
  })),
  badCertificate: defineError('certificate_refused', ({ why }: { why: string }) => ({
    what: 'the client certificate was refused',
    why,
    todo: 'show a certificate of the authority of --tls-client-ca with a name that --allow-cert lets in',
  })),
  noTokens: defineError('no_tokens', (_: Record<string, never>) => ({
    what: 'this server gives no tokens',
    why: 'tokens are for its HTTP address, and it has none on this machine',
    todo: 'start it with --http 127.0.0.1:PORT besides --socket PATH',
  })),
  badTokenRequest: defineError('bad_token_request', ({ why }: { why: string }) => ({
    what: 'the server refused to make this token',
    why,
    todo: "see 'whytrace token --help'",
  })),
  scopeMissing: defineError(
    'scope_missing',
    ({ what, needed, held }: { what: string; needed: readonly string[]; held: readonly string[] }) => ({
      what: `${what} is not allowed for this caller`,
      why: `it needs ${listed(needed)}, and the caller has ${held.length === 0 ? 'no scope' : listed(held)}`,
      todo: 'ask the owner of the server for that scope, or use another tool',
    }),
  ),
  tooFast: defineError('too_many_calls', ({ rate, seconds }: { rate: number; seconds: number }) => ({
    what: 'too many calls',
    why: `each caller has ${rate} calls a second here`,
    todo: `wait ${seconds} s, and ask larger questions less often`,
  })),
  tooBusy: defineError('server_busy', ({ most }: { most: number }) => ({
    what: 'too many requests at once',
    why: `${most} are being answered already`,
    todo: 'wait for answers before you ask again',
  })),
  tooLong: defineError('message_too_long', ({ most }: { most: number }) => ({
    what: 'the message is too long',
    why: `a message may have ${most} bytes`,
    todo: 'send a shorter one',
  })),
  tooDeep: defineError('message_too_deep', ({ most }: { most: number }) => ({
    what: 'the message is nested too deeply',
    why: `it may have ${most} levels`,
    todo: 'send a flatter one',
  })),
  malformed: defineError('malformed_message', ({ why }: { why: string }) => ({
    what: 'the message is no message of MCP',
    why,
    todo: 'send one JSON-RPC 2.0 request or notification',
  })),
  tokenInUrl: defineError('token_in_url', (_: Record<string, never>) => ({
    what: 'a token stands in the URL',
    why: 'URLs are logged and shown; treat that token as known to others',
    todo: 'send it in the header Authorization: Bearer, and revoke this one',
  })),
  hostRefused: defineError('host_refused', ({ header }: { header: string }) => ({
    what: `the header ${header} names a host that this server is not`,
    why: 'a web page could have made a browser send this',
    todo: 'use the address that the server printed, or name the host with --allow-host',
  })),
} as const;
