// One server of the protocol for one caller: what it can, what it offers, in the revisions 2026-07-28 and 2025-11-25 down to
// 2025-03-26. Made anew for each connection or request: registers, opens nothing.

import { withCleanError } from '../clean-error.ts';
import { instructions } from '../instructions.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { tools } from '../tools.ts';
import { listedTools, toolsHash } from './advertised.ts';
import type { Changes } from './changes.ts';
import { followChanges } from './follow-changes.ts';
import { icons } from './icon.ts';
import { offerPrompts } from './offer-prompts.ts';
import { offerResources } from './offer-resources.ts';
import { offerTools } from './offer-tools.ts';
import { type McpRequestContext, McpServer } from './sdk.ts';

export type ServerParts = {
  readonly version: string;
  readonly context: ToolContext;
  /** The tools that this caller may see and call; all of them when not given. */
  readonly tools?: readonly Tool[];
  /** Tells of a growing recording on connections that stay open. */
  readonly changes?: Changes;
};

/** Lists are constants of the program: clients may keep them for five minutes. */
const LISTS = { ttlMs: 300_000, cacheScope: 'public' } as const;
/** A list that depends on what its caller may do is for that caller alone. */
const OWN_LISTS = { ttlMs: 300_000, cacheScope: 'private' } as const;
/** What comes from the recording may have changed by the next look. */
const DATA = { ttlMs: 0, cacheScope: 'private' } as const;
const MODERN = '2026-07-28';
/** Where clients that pin tool definitions find their hash. */
export const HASH_KEY = 'io.github.whytrace/toolsSha256';

const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: false },
  resources: { listChanged: true, subscribe: true },
  completions: {},
};

/**
 * The SDK answers server/discover by itself and has no place for `_meta` in that answer. Its entries install that answer just
 * before they connect, so ours is put there when they do.
 */
const discoverWithHash = (server: McpServer, listed: () => readonly Tool[]): void => {
  const connect = server.connect.bind(server);
  server.connect = (transport) => {
    server.server.setRequestHandler('server/discover', () => ({
      supportedVersions: [MODERN],
      capabilities,
      instructions,
      _meta: { [HASH_KEY]: toolsHash(listed()) },
    }));
    return connect(transport);
  };
};

/** What one request asks: its method, and the name among its parameters. */
export type Question = { readonly method: string | undefined; readonly name: string | undefined };

/** The tool that is called alone; all of them for any other request, and for the words about one that does not exist. */
const toolsFor = (all: readonly Tool[], asked: Question | undefined): readonly Tool[] => {
  const called = asked?.method === 'tools/call' ? all.find(({ name }) => name === asked.name) : undefined;
  return called === undefined ? all : [called];
};

/** Errors of the SDK repeat names that a client sent: they leave cleaned, whatever carries them. */
const withCleanErrors = (server: McpServer): void => {
  const connect = server.connect.bind(server);
  server.connect = (transport) => {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => send(withCleanError(message), options);
    return connect(transport);
  };
};

/** The features that a method is about, by the first part of its name; a completion is of a prompt or a resource. */
const FEATURES: ReadonlyMap<string, readonly string[]> = new Map([
  ['tools', ['tools']],
  ['prompts', ['prompts']],
  ['resources', ['resources']],
  ['completion', ['prompts', 'resources']],
]);
const EVERYTHING = ['tools', 'prompts', 'resources', 'discover'];

/**
 * A server for one connection, or for one request of a transport without connections. Of a single request `asked` may say what
 * it is: only what answers that is registered, for to register all takes longer than most calls.
 */
export const protocolServer = (
  parts: ServerParts,
  { era, requestInfo }: McpRequestContext,
  asked?: Question,
): McpServer => {
  const { version, context, changes } = parts;
  const server = new McpServer(
    { name: 'whytrace', title: 'whytrace: why was it slow?', version, icons },
    {
      instructions,
      capabilities,
      cacheHints: {
        'server/discover': LISTS,
        'tools/list': parts.tools === undefined ? LISTS : OWN_LISTS,
        'prompts/list': LISTS,
        'resources/templates/list': LISTS,
        'resources/list': DATA,
        'resources/read': DATA,
      },
    },
  );
  // A server of one HTTP request is gone before anything changes.
  const lasting = era === 'legacy' || requestInfo === undefined;
  const question = lasting ? undefined : asked;
  const offered = FEATURES.get(question?.method?.split('/')[0] ?? '') ?? EVERYTHING;
  if (offered.includes('tools')) offerTools(server, toolsFor(parts.tools ?? tools, question), context);
  if (offered.includes('prompts')) offerPrompts(server, context);
  if (offered.includes('resources')) offerResources(server, context);
  if (era === 'modern' && offered.includes('discover'))
    discoverWithHash(server, () => listedTools(parts.tools ?? tools, context));
  withCleanErrors(server);
  if (lasting) followChanges(server, era, changes);
  return server;
};
