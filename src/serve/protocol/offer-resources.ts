// The resources as the protocol carries them: a list of what there is now, templates with completions, content as JSON.
import { UserError } from '../../base/errors.ts';
import { beginningWith } from '../completions.ts';
import { type ResourceKind, templateOf, uriOf } from '../resources/resource.ts';
import { wholeSchema } from '../resources/schema.ts';
import { resourceKinds } from '../resources.ts';
import type { ToolContext } from '../tool.ts';
import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  ResourceTemplate,
} from './sdk.ts';

const JSON_TYPE = 'application/json';
/** For models, who read it, and for people, who choose it. */
const annotations = { audience: ['user' as const, 'assistant' as const] };
/** Kinds whose list names what there is; of the others it would be too long, or too dear to find out. */
const LISTED = ['recording', 'process', 'alerts'];
const MOST_LISTED = 20;

/** What went wrong, in our words; not that of a resource that does not exist. */
const faultOf = (thrown: unknown, uri: string): unknown =>
  thrown instanceof UserError
    ? new ProtocolError(ProtocolErrorCode.InternalError, thrown.message, { uri, ...thrown.parts })
    : thrown;

const contentOf = async (
  uri: string,
  read: () => Promise<Record<string, unknown> | undefined>,
): Promise<ReadResourceResult> => {
  try {
    const content = await read();
    if (content === undefined) throw new ResourceNotFoundError(uri);
    return { contents: [{ uri, mimeType: JSON_TYPE, text: JSON.stringify(content) }] };
  } catch (thrown) {
    throw faultOf(thrown, uri);
  }
};

/** What the list says of a kind now; nothing when the recording cannot be read. */
const listOf = (kind: ResourceKind, context: ToolContext) => ({
  resources: beginningWith('', () => kind.values(context))
    .slice(0, MOST_LISTED)
    .map((value) => ({
      uri: uriOf(kind, value),
      name: `${kind.name}-${value}`,
      title: `${kind.title} ${value}`,
      mimeType: JSON_TYPE,
      annotations,
    })),
});

export const offerResources = (server: McpServer, context: ToolContext): void => {
  const { uri: schemaUri, name, title, description } = wholeSchema;
  server.registerResource(name, schemaUri, { title, description, mimeType: JSON_TYPE, annotations }, (uri) =>
    contentOf(uri.href, () => wholeSchema.read(context)),
  );
  for (const kind of resourceKinds) {
    const { variable } = kind;
    const template = new ResourceTemplate(templateOf(kind), {
      list: LISTED.includes(kind.name) ? () => listOf(kind, context) : undefined,
      complete: { [variable]: (typed) => beginningWith(typed, () => kind.values(context)) },
    });
    const about = { title: kind.title, description: kind.description, mimeType: JSON_TYPE, annotations };
    server.registerResource(kind.name, template, about, (uri, variables) => {
      const value = variables[variable];
      return contentOf(uri.href, () => kind.read(typeof value === 'string' ? value : '', context));
    });
  }
};
