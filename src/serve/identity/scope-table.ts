// What a message asks for, and which scope that needs. Reads the message as it came, before anything else believes it.
import { fieldOf, textFieldOf } from './field-of.ts';
import type { Scope } from './principal.ts';

/** The scopes of what a server offers; undefined for a name that it does not have. */
export type ScopeTable = {
  readonly tool: (name: string) => Scope | undefined;
  readonly resource: (uri: string) => Scope | undefined;
  /** Of methods that are none of MCP, where there are such. */
  readonly method?: (method: string) => Scope | undefined;
};

/** One message, as far as limits and scopes look at it. `what` names the thing asked for, for words and for the audit. */
export type Asked = {
  readonly method: string;
  readonly what: string;
  /** Undefined when there is nothing to protect: discovery, notifications, and names that the server will not know. */
  readonly scope: Scope | undefined;
  /** Counts as a whole call: it makes the server work. */
  readonly works: boolean;
};

/** Methods whose answers hold what was recorded. Discovery and the texts of prompts hold constants of the program. */
const READS = /^(?:resources\/(?:read|list|subscribe|unsubscribe)|completion\/complete|subscriptions\/listen)$/;

/** Needs no scope, and work: a text is put together, a token is signed. */
const COSTS = /^(?:prompts\/get|whytrace\/.*)$/;

/** What a parsed message asks for; undefined for one that is no request and no notification. */
export const askedBy = (message: unknown, table: ScopeTable): Asked | undefined => {
  const method = textFieldOf(message, 'method');
  if (method === undefined) return undefined;
  const params = fieldOf(message, 'params');
  if (method === 'tools/call') {
    const name = textFieldOf(params, 'name') ?? '';
    return { method, what: name, scope: table.tool(name), works: true };
  }
  const own = table.method?.(method);
  if (own !== undefined) return { method, what: method, scope: own, works: true };
  if (!READS.test(method)) return { method, what: method, scope: undefined, works: COSTS.test(method) };
  const uri = textFieldOf(params, 'uri');
  const scope = uri === undefined ? undefined : table.resource(uri);
  return { method, what: uri ?? method, scope: scope ?? 'telemetry:read', works: true };
};

/** The id of a request, where it has one that can be answered. */
export const idOf = (message: unknown): string | number | undefined => {
  const id = fieldOf(message, 'id');
  return typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id)) ? id : undefined;
};
