// What a resource is: something of the recording or of the running kernel that has an address of its own, so that people can attach it to a question
// and clients can follow it while it grows. Knows no protocol.
import type { ToolContext } from '../tool.ts';

export const SCHEME = 'whytrace';

export type ResourceKind = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What stands in `whytrace://name/{variable}`. */
  readonly variable: string;
  /** It is of the running kernel, not of the recording. */
  readonly isLive?: true;
  /** The values that there are now, as far as they can be listed: numbers and ids, never names from traced programs. */
  readonly values: (context: ToolContext) => readonly string[];
  /** Its content as JSON; undefined when there is no such thing. Throws a UserError when the recording cannot be read. */
  readonly read: (value: string, context: ToolContext) => Promise<Record<string, unknown> | undefined>;
};

/** The address of one thing. */
export const uriOf = (kind: ResourceKind, value: string): string => `${SCHEME}://${kind.name}/${value}`;

/** The address of any thing of a kind: a URI template, RFC 6570. */
export const templateOf = (kind: ResourceKind): string => `${SCHEME}://${kind.name}/{${kind.variable}}`;
