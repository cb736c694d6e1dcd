// MCP over HTTP, from a request to its response: 2026-07-28 without sessions, the 2025 revisions with them, from one factory.
// Checks no Host, no Origin and no token: whoever mounts it has done so.
import type { Changes } from './changes.ts';
import { createMcpHandler, isLegacyRequest, type McpServerFactory } from './sdk.ts';
import { type Call, openSessions } from './sessions.ts';

export type HandlerOptions = {
  readonly factory: McpServerFactory;
  readonly report: (error: Error) => void;
  /** Bytes of one message. */
  readonly maxRequestBodySize: number;
  readonly maxSubscriptions: number;
  /** Tells subscribers of 2026-07-28 when the recording grows; those of 2025 learn it through their own server. */
  readonly changes?: Changes | undefined;
};

export type HttpHandler = {
  readonly fetch: (request: Request, call: Call) => Promise<Response>;
  /** Ends subscriptions with their last word, and sessions. */
  readonly close: () => Promise<void>;
};

export const httpHandler = (options: HandlerOptions): HttpHandler => {
  const { factory, report, maxRequestBodySize, maxSubscriptions, changes } = options;
  const modern = createMcpHandler(factory, { legacy: 'reject', onerror: report, maxRequestBodySize, maxSubscriptions });
  const sessions = openSessions(factory, maxRequestBodySize, report);
  const { toolsChanged, promptsChanged, resourcesChanged } = modern.notify;
  const lists = { tools: toolsChanged, prompts: promptsChanged, resources: resourcesChanged };
  const stop = changes?.listen((change) => {
    if (change.kind === 'list') lists[change.of]();
    else modern.notify.resourceUpdated(change.uri);
  });
  return {
    fetch: async (request, call) => {
      const { authInfo, parsedBody } = call;
      if (await isLegacyRequest(request, parsedBody, { maxRequestBodySize })) return sessions.fetch(request, call);
      return modern.fetch(request, {
        ...(authInfo === undefined ? {} : { authInfo }),
        ...(parsedBody === undefined ? {} : { parsedBody }),
      });
    },
    close: async () => {
      stop?.();
      sessions.close();
      await modern.close();
    },
  };
};
