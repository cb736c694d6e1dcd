// Errors of a transport as JSON-RPC: what a caller gets whose message the protocol never saw.
import type { Refusal } from './gate.ts';

// https://www.jsonrpc.org/specification#error_object; -32000 to -32019 are for the server's own use in MCP.
const CODES = {
  malformed: -32600,
  identity: -32001,
  host: -32000,
  scope: -32003,
  rate: -32004,
  busy: -32005,
} as const satisfies Readonly<Record<Refusal['reason'], number>>;
const PARSE_ERROR = -32700;

export type WireError = {
  readonly jsonrpc: '2.0';
  readonly id: string | number | null;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
};

/** The words of a refusal as an answer to one message; `id` is null when it could not be read. */
export const refusalError = ({ reason, error, needed }: Refusal, id: string | number | undefined): WireError => ({
  jsonrpc: '2.0',
  id: id ?? null,
  error: {
    code: CODES[reason],
    message: error.message,
    data: { ...error.parts, ...(needed === undefined ? {} : { needed_scopes: needed }) },
  },
});

export const parseError = (why: string): WireError => ({
  jsonrpc: '2.0',
  id: null,
  error: { code: PARSE_ERROR, message: `Parse error: ${why}` },
});

export const invalidRequest = (why: string, id: string | number | undefined): WireError => ({
  jsonrpc: '2.0',
  id: id ?? null,
  error: { code: CODES.malformed, message: `Invalid request: ${why}` },
});
