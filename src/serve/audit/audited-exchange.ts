// An HTTP exchange on record: the messages of the request, and each answer before it leaves, whether it comes as one body or as
// a stream of events.
import type { Exchange } from '../transport/server-maker.ts';
import type { Conversation } from './conversation.ts';
import { messageEvents } from './message-events.ts';

const messagesOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const withBody = (body: string | ReadableStream<Uint8Array>, { status, statusText, headers }: Response): Response => {
  const kept = new Headers(headers);
  kept.delete('content-length');
  // A known length spares the answer its cutting into chunks.
  if (typeof body === 'string') kept.set('content-length', String(Buffer.byteLength(body)));
  return new Response(body, { status, statusText, headers: kept });
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Answers that came at once. */
const auditedBody = async (response: Response, conversation: Conversation): Promise<Response> => {
  const text = await response.text();
  const value = parsed(text);
  if (value === undefined) return withBody(text, response);
  if (!Array.isArray(value)) {
    const instead = conversation.sending(value, Buffer.byteLength(text));
    return withBody(instead === undefined ? text : JSON.stringify(instead), response);
  }
  const answers = value.map((message) => conversation.sending(message) ?? message);
  return withBody(JSON.stringify(answers), response);
};

/** The sessions of older clients, in which only the first request says who the client is. */
export type Sessions = {
  readonly conversation: (session: string | null) => Conversation;
  readonly opened: (session: string, conversation: Conversation) => void;
};
const SESSION = 'mcp-session-id';

/** The same exchange, on record. */
export const auditedExchange =
  (inner: Exchange, sessions: Sessions): Exchange =>
  async (request, call) => {
    const conversation = sessions.conversation(request.headers.get(SESSION));
    // GET and DELETE carry no message; what they ask for is in their method alone.
    const messages =
      request.method === 'POST' ? messagesOf(call.parsedBody) : [{ method: `HTTP ${request.method}`, id: 0 }];
    for (const message of messages) {
      const refused = conversation.received(message);
      if (refused === undefined) continue;
      conversation.closed('error');
      return Response.json(refused, { status: 503 });
    }
    try {
      const response = await inner(request, call);
      const session = response.headers.get(SESSION);
      if (session !== null) sessions.opened(session, conversation);
      if (request.method !== 'POST') {
        const answer = response.ok ? { id: 0, result: {} } : { id: 0, error: { code: `http_${response.status}` } };
        const refused = conversation.sending(answer);
        return refused === undefined ? response : Response.json(refused, { status: 503 });
      }
      const type = response.headers.get('content-type') ?? '';
      if (response.body !== null && type.startsWith('text/event-stream'))
        return withBody(messageEvents(response.body, conversation), response);
      const answered = type.startsWith('application/json') ? await auditedBody(response, conversation) : response;
      // Whatever had no answer of its own gets none any more.
      conversation.closed(response.ok ? 'cancelled' : 'error');
      return answered;
    } catch (thrown) {
      conversation.closed(request.signal.aborted ? 'cancelled' : 'error');
      throw thrown;
    }
  };
