// The server that the official conformance suite is run against: its fixtures instead of our tools, on the same factories,
// handlers and transports. Started by hand only, for that purpose; it serves nothing that was recorded.
import type { Changes, OnChange } from '../protocol/changes.ts';
import { followChanges } from '../protocol/follow-changes.ts';
import { type McpRequestContext, McpServer } from '../protocol/sdk.ts';
import { offerAskingFixtures } from './fixture-asking.ts';
import { offerInputFixtures } from './fixture-input.ts';
import { offerFixturePrompts, offerFixtureResources } from './fixture-prompts.ts';
import { offerFixtureTools } from './fixture-tools.ts';
import { stateCodec } from './state.ts';

const HINT = { ttlMs: 1_000, cacheScope: 'public' } as const;

/** `make` builds a server for a request or a connection; `changes` are those that its tools publish. */
export const fixtureServers = (version: string) => {
  const listeners = new Set<OnChange>();
  const state = stateCodec();
  const changes: Changes = {
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => listeners.clear(),
  };
  const make = ({ era, requestInfo }: McpRequestContext): McpServer => {
    const server = new McpServer(
      { name: 'whytrace-conformance', version },
      {
        capabilities: {
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { listChanged: true, subscribe: true },
          completions: {},
          logging: {},
        },
        cacheHints: {
          'server/discover': HINT,
          'tools/list': HINT,
          'prompts/list': HINT,
          'resources/list': HINT,
          'resources/templates/list': HINT,
          'resources/read': HINT,
        },
        requestState: { verify: state.verify },
      },
    );
    offerFixtureTools(server, (change) => {
      for (const listener of listeners) listener(change);
    });
    offerInputFixtures(server, state);
    if (era === 'legacy') offerAskingFixtures(server);
    offerFixturePrompts(server);
    offerFixtureResources(server);
    if (era === 'legacy' || requestInfo === undefined) followChanges(server, era, changes);
    return server;
  };
  return { make, changes };
};
