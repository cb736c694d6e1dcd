// What an argument of a prompt can be completed with: numbers from the recording and names from our own catalogue, so that no
// text of a traced program reaches a person's command line.
import { calls } from '../catalogue/calls.ts';
import type { Completed } from './prompts/prompt.ts';
import { processResource } from './resources/process.ts';
import { recordingResource } from './resources/recording.ts';
import { type ToolContext, withRecording } from './tool.ts';

const ours = new Set(calls.map(({ op }) => op));

const sources: Readonly<Record<Completed, (context: ToolContext) => readonly string[]>> = {
  pid: processResource.values,
  recording: recordingResource.values,
  op: (context) =>
    withRecording(context, (recording) =>
      [...new Set(recording.totals().map(({ op }) => op))].filter((op) => ours.has(op)).sort(),
    ),
};

/** Those that begin with what was typed; none when the recording cannot be read, for nobody has asked for it yet. */
export const beginningWith = (typed: string, values: () => readonly string[]): string[] => {
  try {
    return values().filter((value) => value.toLowerCase().startsWith(typed.toLowerCase()));
  } catch {
    return [];
  }
};

export const completionsOf = (completed: Completed, typed: string, context: ToolContext): string[] =>
  beginningWith(typed, () => sources[completed](context));
