// The prompts as the protocol carries them, with completions of their arguments.
import { completionsOf } from '../completions.ts';
import type { Prompt, PromptArgument } from '../prompts/prompt.ts';
import { prompts } from '../prompts.ts';
import type { ToolContext } from '../tool.ts';
import { z } from '../zod.ts';
import { completable, type McpServer } from './sdk.ts';

const schemaOf = ({ doc, longest, pattern, completed }: PromptArgument, context: ToolContext) => {
  const text = z.string().max(longest);
  const checked = (pattern === undefined ? text : text.regex(pattern)).describe(doc);
  // Completed first, optional around it: the SDK looks inside of what is optional.
  const offered =
    completed === undefined
      ? checked
      : completable(checked, (typed) => completionsOf(completed, String(typed), context));
  return offered.optional();
};

const argumentsOf = (prompt: Prompt, context: ToolContext) =>
  z.object(
    Object.fromEntries(Object.entries(prompt.arguments).map(([name, given]) => [name, schemaOf(given, context)])),
  );

export const offerPrompts = (server: McpServer, context: ToolContext): void => {
  for (const prompt of prompts) {
    const { name, title, description } = prompt;
    server.registerPrompt(name, { title, description, argsSchema: argumentsOf(prompt, context) }, (given) => ({
      description,
      messages: [{ role: 'user', content: { type: 'text', text: prompt.text(given) } }],
    }));
  }
};
