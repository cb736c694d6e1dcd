// The fixtures of the conformance suite in place of our tools, behind the same gate, identities and transports.
import type { Serving } from '../mcp.ts';
import { fixtureServers } from './fixture-server.ts';

export const fixtureServing = (serving: Serving, version: string): Serving => {
  const { make, changes } = fixtureServers(version);
  serving.changes.close();
  return { ...serving, changes, makeServer: (_, request) => make(request) };
};
