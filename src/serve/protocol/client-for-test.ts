// The official client, connected to a server of ours in the same process over the framing of stdio. For tests only.
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { parentPrincipal } from '../identity/parent.ts';
import type { ToolContext } from '../tool.ts';
import { allChanges, type Changes, watchRecording } from './changes.ts';
import { watchLive } from './live-changes.ts';
import { serveStdio } from './sdk.ts';
import { protocolServer } from './server.ts';

export type Connected = { readonly client: Client; readonly changes: Changes };

/** `everyMs`: how often the recording and the live side are looked at. */
type Wanted = { readonly mode: 'legacy' | 'auto'; readonly context: ToolContext; readonly everyMs?: number };

/** Runs `use` with a client of the revision of 2025 ("legacy") or the newest ("auto"), and closes both ends. */
export const connectedTo = async (
  { mode, context, everyMs = 20 }: Wanted,
  use: (connected: Connected) => Promise<void>,
): Promise<void> => {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const changes = allChanges([watchRecording(context, everyMs), watchLive(context, everyMs)]);
  // The context may say whose calls they are; else they are of the owner.
  const parts = { version: '0.0.1', context: { principal: parentPrincipal(), ...context }, changes };
  const server = serveStdio((request) => protocolServer(parts, request), { transport: ours });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  try {
    await client.connect(theirs);
    await use({ client, changes });
  } finally {
    await client.close();
    await server.close();
    changes.close();
  }
};
