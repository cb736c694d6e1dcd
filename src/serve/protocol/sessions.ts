// Clients of 2025 over HTTP: each keeps its server from initialize on, under an id that it names with every request. Only so
// can it follow resources and be asked something back. A session belongs to the caller who began it.
import { randomUUID } from 'node:crypto';
import { eventMemory } from './event-memory.ts';
import {
  type AuthInfo,
  legacyStatelessFallback,
  type McpServerFactory,
  WebStandardStreamableHTTPServerTransport,
} from './sdk.ts';

const HEADER = 'mcp-session-id';
/** Sessions at once, of all and of one owner; of whoever has the most, the one that was silent longest makes room. */
const MOST = 256;
const MOST_OF_ONE = 64;
const IDLE_MS = 30 * 60_000;
/** How long a client waits before it comes back to a stream that was closed. */
const RETRY_MS = 1_000;

export type Call = {
  /** Who asks: requests of one session must all come from the same. */
  readonly owner: string;
  readonly authInfo?: AuthInfo | undefined;
  /** The body, where the caller has parsed it already. */
  readonly parsedBody?: unknown;
};

type Session = {
  readonly owner: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  used: number;
};

const notFound = (): Response =>
  Response.json(
    { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found: send initialize again' } },
    { status: 404 },
  );

const isInitialize = async (request: Request, parsedBody: unknown): Promise<boolean> => {
  if (request.method !== 'POST') return false;
  try {
    const body: unknown = parsedBody ?? (await request.clone().json());
    return typeof body === 'object' && body !== null && 'method' in body && body.method === 'initialize';
  } catch {
    return false;
  }
};

/** Serves 2025-era requests. `maxRequestBodySize` in bytes. */
export const openSessions = (
  factory: McpServerFactory,
  maxRequestBodySize: number,
  report: (error: Error) => void,
  now: () => number = () => performance.now(),
) => {
  const sessions = new Map<string, Session>();
  const withoutSession = legacyStatelessFallback(factory, report, { maxRequestBodySize });
  const end = (id: string): void => {
    const session = sessions.get(id);
    sessions.delete(id);
    session?.transport.close().catch(report);
  };
  const endOldestOf = (whose: string | undefined): void => {
    // A session that is used goes to the end: the first was silent longest.
    const [id] = [...sessions].find(([, { owner }]) => owner === whose) ?? [];
    if (id !== undefined) end(id);
  };
  const makeRoom = (owner: string): void => {
    for (const [id, { used }] of sessions) if (now() - used > IDLE_MS) end(id);
    const counts = new Map<string, number>();
    for (const { owner: one } of sessions.values()) counts.set(one, (counts.get(one) ?? 0) + 1);
    if ((counts.get(owner) ?? 0) >= MOST_OF_ONE) endOldestOf(owner);
    else if (sessions.size >= MOST) endOldestOf([...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0]);
  };
  const optionsOf = ({ authInfo, parsedBody }: Call) => ({
    ...(authInfo === undefined ? {} : { authInfo }),
    ...(parsedBody === undefined ? {} : { parsedBody }),
  });
  const begin = async (request: Request, call: Call): Promise<Response> => {
    const { authInfo, owner } = call;
    makeRoom(owner);
    const server = await factory({
      era: 'legacy',
      requestInfo: request,
      ...(authInfo === undefined ? {} : { authInfo }),
    });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: eventMemory(),
      retryInterval: RETRY_MS,
      maxRequestBodySize,
      onsessioninitialized: (id) => {
        sessions.set(id, { owner, transport, used: now() });
      },
      onsessionclosed: (id) => {
        sessions.delete(id);
      },
    });
    await server.connect(transport);
    return transport.handleRequest(request, optionsOf(call));
  };
  return {
    fetch: async (request: Request, call: Call): Promise<Response> => {
      const id = request.headers.get(HEADER);
      if (id === null) {
        if (await isInitialize(request, call.parsedBody)) return begin(request, call);
        return withoutSession(request, optionsOf(call));
      }
      const session = sessions.get(id);
      // Whose session it is stays unsaid: a stranger learns nothing of it.
      if (session === undefined || session.owner !== call.owner) return notFound();
      session.used = now();
      sessions.delete(id);
      sessions.set(id, session);
      return session.transport.handleRequest(request, optionsOf(call));
    },
    close: (): void => {
      for (const id of [...sessions.keys()]) end(id);
    },
  };
};
