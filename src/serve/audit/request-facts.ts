// What a message of a client says, as far as it is put on record: bounded, cleaned, and without secrets. Believes nothing.
import { createHash } from 'node:crypto';
import { redactText, redactValue } from '../../base/redact.ts';
import { cleanText } from '../../base/sanitize.ts';
import { fieldOf, textFieldOf } from '../identity/field-of.ts';

/** UTF-16 units kept of a name, and of arguments. */
const LONGEST_NAME = 200;
const LONGEST_ARGUMENTS = 2_000;
/** Of methods that do not begin work: they come in number, and must not push the calls out of the log. */
const LONGEST_ARGUMENTS_OF_OTHERS = 200;
/** Where the revision 2026-07-28 says who the client is: in each request. */
const CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** What makes the server work on its behalf: on record before it runs. */
const BEGINS = new Set(['tools/call', 'resources/read', 'desk/subscribe']);

export type Client = { readonly client: string | null; readonly client_version: string | null };

export type RequestFacts = {
  readonly method: string;
  readonly name: string | null;
  readonly arguments: string | null;
  readonly arguments_sha256: string | null;
  readonly traceparent: string | null;
  /** As this message claims; undefined when it claims nothing. */
  readonly client: Client | undefined;
  readonly begins: boolean;
};

/** Names that the log keeps as they are: the same few come with every request. Of those with a secret none stays here. */
const harmless = new Set<string>();
const MOST_HARMLESS = 1_000;

const keep = (text: string, longest: number): string => cleanText(redactText(text).text, longest);

/** A text of a stranger as the log keeps it. */
export const kept = (text: string, longest = LONGEST_NAME): string => {
  if (text.length > longest || longest > LONGEST_NAME) return keep(text, longest);
  if (harmless.has(text)) return text;
  const clean = keep(text, longest);
  if (harmless.size >= MOST_HARMLESS) harmless.clear();
  if (clean === text) harmless.add(text);
  return clean;
};
const keptOrNull = (text: string | undefined): string | null => (text === undefined ? null : kept(text));

/** The same value with the keys of its objects in order. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, ordered(inner)]),
  );
};

const clientOf = (info: unknown): Client | undefined => {
  const client = textFieldOf(info, 'name');
  if (client === undefined) return undefined;
  return { client: kept(client), client_version: keptOrNull(textFieldOf(info, 'version')) };
};

/** Everything in the parameters but what has a column of its own. */
const argumentsOf = (params: unknown): unknown => {
  const given = fieldOf(params, 'arguments');
  if (given !== undefined) return given;
  if (typeof params !== 'object' || params === null || Array.isArray(params)) return params;
  const rest = Object.entries(params).filter(([key]) => !['_meta', 'name', 'uri', 'clientInfo'].includes(key));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
};

/**
 * Arguments as JSON, and the digest of them before they were cut. Both are taken without secrets: a digest of a short
 * password would give it away to whoever tries all of them.
 */
const recordable = (value: unknown, longest: number): Pick<RequestFacts, 'arguments' | 'arguments_sha256'> => {
  if (value === undefined) return { arguments: null, arguments_sha256: null };
  const text = JSON.stringify(ordered(redactValue(value).value));
  return {
    arguments: cleanText(text, longest),
    arguments_sha256: createHash('sha256').update(text).digest('hex'),
  };
};

/** The facts of a request or a notification. */
export const requestFacts = (message: unknown): RequestFacts => {
  const params = fieldOf(message, 'params');
  const meta = fieldOf(params, '_meta');
  const method = textFieldOf(message, 'method') ?? '(response)';
  const begins = BEGINS.has(method);
  const reference = fieldOf(params, 'ref');
  const name =
    textFieldOf(params, 'name') ??
    textFieldOf(params, 'uri') ??
    textFieldOf(reference, 'name') ??
    textFieldOf(reference, 'uri');
  const traceparent = textFieldOf(meta, 'traceparent');
  return {
    method: kept(method),
    name: keptOrNull(name),
    ...recordable(argumentsOf(params), begins ? LONGEST_ARGUMENTS : LONGEST_ARGUMENTS_OF_OTHERS),
    traceparent: traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : null,
    client: clientOf(fieldOf(meta, CLIENT_INFO)) ?? clientOf(fieldOf(params, 'clientInfo')),
    begins,
  };
};
