// Tells a client that stays connected when the recording grows. A client of 2025 names the resources that it follows with
// resources/subscribe; one of 2026-07-28 with subscriptions/listen, which the SDK's entry answers and filters by.
import type { Changes } from './changes.ts';
import type { McpRequestContext, McpServer } from './sdk.ts';

/** Resources that one connection may follow. */
const MOST = 100;

export const followChanges = (
  { server }: McpServer,
  era: McpRequestContext['era'],
  changes: Changes | undefined,
): void => {
  const followed = new Set<string>();
  const send = (sent: Promise<void>) => {
    // A client that is gone learns nothing more.
    sent.catch(() => {});
  };
  const lists = {
    tools: () => server.sendToolListChanged(),
    prompts: () => server.sendPromptListChanged(),
    resources: () => server.sendResourceListChanged(),
  };
  let stop: (() => void) | undefined;
  const start = () => {
    stop ??= changes?.listen((change) => {
      if (change.kind === 'list') send(lists[change.of]());
      else if (era === 'modern' || followed.has(change.uri)) send(server.sendResourceUpdated({ uri: change.uri }));
    });
  };
  if (era === 'legacy') {
    server.setRequestHandler('resources/subscribe', ({ params: { uri } }) => {
      if (followed.size < MOST) followed.add(uri);
      start();
      return {};
    });
    server.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) => {
      followed.delete(uri);
      return {};
    });
    server.oninitialized = start;
  } else start();
  server.onclose = () => stop?.();
};
