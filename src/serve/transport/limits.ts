// How much a caller may ask at once. Figures only.

/** Bytes, messages and milliseconds. */
export type Limits = {
  /** Bytes of one message. The longest that a tool takes is an SQL text of 20,000 characters. */
  readonly messageBytes: number;
  /** Levels of nesting in a message. */
  readonly depth: number;
  /** Bytes that wait for a client that does not read its answers, before it is cut off. */
  readonly unreadBytes: number;
  /** Requests being answered, of one connection of a socket. */
  readonly requestsPerConnection: number;
  /** Requests being answered, of all callers. */
  readonly requests: number;
  /** Of them, of one caller over sockets, whatever the number of its connections. */
  readonly requestsPerCaller: number;
  /** Open connections, of a socket or of HTTP. */
  readonly connections: number;
  /** Of a socket's, of one user who is neither the owner nor root. */
  readonly connectionsPerGuest: number;
  /** Of a socket's, those that only the owner and root can have. */
  readonly connectionsReserved: number;
  /** Open subscriptions, of one connection of a socket or of the whole HTTP server. */
  readonly subscriptions: number;
  /** Calls a second of one caller, and how many it may save up. A message that is no call costs a part of one. */
  readonly callsPerSecond: number;
  readonly burst: number;
  /** To receive a whole request. */
  readonly receiveMs: number;
  /** For requests that are being answered when the server is told to end. */
  readonly endMs: number;
};

export const usualLimits: Limits = {
  messageBytes: 1_048_576,
  depth: 64,
  unreadBytes: 16_777_216,
  requestsPerConnection: 64,
  requests: 256,
  requestsPerCaller: 128,
  connections: 512,
  connectionsPerGuest: 64,
  connectionsReserved: 64,
  subscriptions: 128,
  callsPerSecond: 100,
  burst: 2_000,
  receiveMs: 15_000,
  endMs: 3_000,
};
