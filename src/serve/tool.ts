// What a tool is, and the one way to call it: arguments checked, answer in its declared shape, strings cleaned.
// MCP, the shell and every later surface call tools through here and so get the same answer and the same words.

import type { CheckAnswer } from '../base/check.ts';
import { openRecording } from '../store/open-recording.ts';
import type { Recording } from '../store/recording.ts';
import { cleanAnswer } from './clean-answer.ts';
import { errors } from './errors.ts';
import { fileFault } from './file-fault.ts';
import type { z } from './zod.ts';

/** What a call may use besides its arguments. */
export type ToolContext = {
  /** Path of the recording to read; throws a UserError when there is none. */
  readonly path: () => string;
  /** What this machine can record. */
  readonly check: () => Promise<CheckAnswer>;
  /** Characters of JSON that an answer may have when the caller set no size: an agent's window is smaller than a shell's. */
  readonly budget: number;
  /** Ends a running query when it fires. */
  readonly signal?: AbortSignal;
};

/** Characters of JSON for a first answer to an agent: 2,000 tokens at 4 characters each. */
export const AGENT_BUDGET = 8_000;
/** The same for a shell or a program. */
export const SHELL_BUDGET = 65_536;

/** Hints to clients, as in the MCP specification. `untrusted`: the answer carries text that traced programs chose. */
type Traits = { readonly untrusted: boolean; readonly entry?: boolean };

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

/** Declares a tool. */
export const defineTool = <I extends z.ZodObject, O extends z.ZodObject>(spec: ToolSpec<I, O>): Tool => ({
  name: spec.name,
  title: spec.title,
  description: spec.description,
  traits: spec.traits,
  input: spec.input,
  output: spec.output,
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
    return cleanAnswer(answer, spec.longestText);
  },
});

/** Opens the recording for one call: so a replaced or growing file is read as it is now. */
export const withRecording = <T>(context: ToolContext, read: (recording: Recording) => T): T => {
  const path = context.path();
  try {
    const recording = openRecording(path);
    try {
      return read(recording);
    } finally {
      recording.close();
    }
  } catch (thrown) {
    throw fileFault(path, thrown);
  }
};
