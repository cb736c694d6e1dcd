// What the transports need from whoever serves: a server for one caller, and who looks on. The transports know nothing of tools.
import type { Principal } from '../identity/principal.ts';
import type { AuthInfo, McpRequestContext, McpServer, Transport } from '../protocol/sdk.ts';
import type { Question } from '../protocol/server.ts';

/**
 * Makes a server for one connection or one request of that caller. Cheap: it registers, and opens nothing. `asked` is all
 * that a server for a single request will be asked: it need offer nothing else.
 */
export type ServerMaker = (principal: Principal, request: McpRequestContext, asked?: Question) => McpServer;

/** What comes with an HTTP request besides itself: whose it is, and its body as it was parsed. */
export type HttpCall = {
  readonly owner: string;
  readonly authInfo?: AuthInfo | undefined;
  readonly parsedBody?: unknown;
};
export type Exchange = (request: Request, call: HttpCall) => Promise<Response>;

/** Looks at what passes between a caller and the protocol: the audit. Both return what is used in place of what they get. */
export type Watch = {
  /** A connection: pipes, or a socket. */
  readonly transport: (inner: Transport, principal: Principal) => Transport;
  /** Requests over HTTP. */
  readonly exchange: (inner: Exchange, principal: Principal) => Exchange;
};

/** A transport that runs: where it listens, and how to end it. */
export type Listening = {
  readonly address: string;
  /** Takes no more, lets what is being answered finish for a while, then cuts off. */
  readonly close: () => Promise<void>;
};
