// What a tool is, and the one way to call it: arguments checked, answer in its declared shape, strings cleaned.
// MCP, the shell and every later surface call tools through here and so get the same answer and the same words.

import type { AlertsPending } from '../base/alert.ts';
import type { CheckAnswer } from '../base/check.ts';
import type { LiveDesk } from '../base/live-desk.ts';
import type { McpServers } from '../base/mcp-server.ts';
import type { Recording } from '../store/recording.ts';
import { cleanAnswer } from './clean-answer.ts';
import { errors } from './errors.ts';
import { fileFault } from './file-fault.ts';
import type { Principal, Scope } from './identity/principal.ts';
import { readRecording } from './recording-at-hand.ts';
import { suspiciousFields } from './suspicious-text.ts';
import { z } from './zod.ts';

/** The audit log, and the folder of the key that signs it. */
export type AuditPlace = { readonly path: string; readonly keyFolder: string };

/** `asleep`: it is there and nobody has asked it yet. */
export type LiveState = 'absent' | 'asleep' | 'awake';

/** What a call may use besides its arguments. */
export type ToolContext = {
  /** Path of the recording to read; throws a UserError when there is none. */
  readonly path: () => string;
  /** What this machine can record. */
  readonly check: () => Promise<CheckAnswer>;
  /** The MCP servers that run on this host, where this surface may look. */
  readonly servers?: () => Promise<McpServers>;
  /** Characters of JSON that an answer may have when the caller set no size: an agent's window is smaller than a shell's. */
  readonly budget: number;
  /** Ends a running query when it fires. */
  readonly signal?: AbortSignal;
  /** Who asks over MCP; undefined for the shell, whose user reads the file by its own right. */
  readonly principal?: Principal;
  /** The log of what MCP clients ask, for callers that may read it. */
  readonly audit?: AuditPlace;
  /** Subscriptions to the running kernel, where this program may take them; opened at the first call. */
  readonly live?: () => Promise<LiveDesk>;
  /** Whether `live` can be asked now, and whether it has been: who only looks on wakes nobody. Awake where it is not told. */
  readonly liveState?: () => LiveState;
  /** Alerts of the running kernel after an id, as far as it is watched by now; starts nothing. */
  readonly pendingAlerts?: (after: number) => Promise<AlertsPending | undefined>;
};

/** Characters of JSON for a first answer to an agent: 2,000 tokens, of which figures take one for 2.6 characters. */
export const AGENT_BUDGET = 5_200;
/** The same for a shell or a program. */
export const SHELL_BUDGET = 65_536;

/**
 * Hints to clients, as in the MCP specification. `untrusted`: the answer carries text that traced programs chose. `scope`: what
 * a caller over MCP must be allowed to do. `heavy`: on a big recording it takes seconds, so that a server runs it beside.
 */
type Traits = {
  readonly scope: Scope;
  readonly untrusted: boolean;
  readonly entry?: boolean;
  readonly heavy?: boolean;
  /** It answers from the running kernel, not from a recording. */
  readonly live?: boolean;
};

/** Data of a schema's type that nobody will change. */
type Frozen<T> = T extends readonly (infer U)[]
  ? readonly Frozen<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

type ToolSpec<I extends z.ZodObject, O extends z.ZodObject> = {
  readonly name: string;
  readonly title: string;
  /** First sentence: the question it answers. Below 2 KB. */
  readonly description: string;
  readonly traits: Traits;
  readonly input: I;
  readonly output: O;
  /** Longest string of an answer, when more than the usual is wanted. */
  readonly longestText?: number;
  readonly handler: (input: z.output<I>, context: ToolContext) => Promise<Frozen<z.input<O>>> | Frozen<z.input<O>>;
};

/** A tool whose types are closed over: any surface can list and call it. */
export type Tool = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly traits: Traits;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** Checks the arguments and answers. Throws a UserError for whatever the caller can change. */
  readonly call: (args: unknown, context: ToolContext) => Promise<Record<string, unknown>>;
};

const describeIssue = ({ path, message }: z.core.$ZodIssue): string => {
  const name = path.join('.');
  if (message.endsWith('received undefined')) return `${name} is missing`;
  return name === '' ? message : `${name}: ${message}`;
};

/** Fields whose text reads as if it were meant for a model, each with the reason; left out when there are none. */
const suspicion = { suspicious_text: z.array(z.string()).optional() };

/** Declares a tool. */
export const defineTool = <I extends z.ZodObject, O extends z.ZodObject>(spec: ToolSpec<I, O>): Tool => ({
  name: spec.name,
  title: spec.title,
  description: spec.description,
  traits: spec.traits,
  input: spec.input,
  output: spec.traits.untrusted ? spec.output.extend(suspicion) : spec.output,
  call: async (args, context) => {
    const input = spec.input.safeParse(args ?? {});
    if (!input.success)
      throw errors.badArguments({
        tool: spec.name,
        why: input.error.issues.map(describeIssue).join('; '),
        known: Object.keys(spec.input.shape),
      });
    // Through the schema, so that an answer never has a field that clients were not told of.
    const answer = spec.output.parse(await spec.handler(input.data, context));
    const clean = cleanAnswer(answer, spec.longestText);
    const suspicious = spec.traits.untrusted ? suspiciousFields(clean) : [];
    return suspicious.length === 0 ? clean : { ...clean, suspicious_text: suspicious };
  },
});

/** Reads the recording as it is now: a replaced or growing file is opened for each call. */
export const withRecording = <T>(context: ToolContext, read: (recording: Recording) => T): T => {
  const path = context.path();
  try {
    return readRecording(path, read);
  } catch (thrown) {
    throw fileFault(path, thrown);
  }
};
