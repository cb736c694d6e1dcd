// All tools, loaded: for surfaces that list them. Which there are, tool-files.ts says.
import { nearest } from '../base/nearest.ts';
import { errors } from './errors.ts';
import type { Tool } from './tool.ts';
import { loadTools, toolNames } from './tool-files.ts';

export const tools: readonly Tool[] = await loadTools();

/** Those that answer from a recording; the others need the running kernel. */
export const recordingTools: readonly Tool[] = tools.filter(({ traits }) => traits.live !== true);

/** The tool of that name. Throws a UserError with a suggestion when there is none. */
export const toolNamed = (name: string): Tool => {
  const found = tools.find((tool) => tool.name === name);
  if (found !== undefined) return found;
  throw errors.unknownTool({ name, known: toolNames, near: nearest(name, toolNames) });
};
