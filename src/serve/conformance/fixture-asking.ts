// Tools of the conformance suite that ask clients of 2025 something while they run: sampling, and forms with every kind of field.
import type { McpServer } from '../protocol/sdk.ts';
import { z } from '../zod.ts';
import { text } from './media.ts';

const OPTIONS = ['option1', 'option2', 'option3'];
const titled = (word: string, noun: string) => [
  { const: `${word}1`, title: `First ${noun}` },
  { const: `${word}2`, title: `Second ${noun}` },
  { const: `${word}3`, title: `Third ${noun}` },
];

const forms = {
  test_elicitation_sep1034_defaults: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
  test_elicitation_sep1330_enums: {
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: { type: 'string', oneOf: titled('value', 'Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
    titledMulti: { type: 'array', items: { anyOf: titled('value', 'Choice') } },
  },
} as const;

export const offerAskingFixtures = (server: McpServer): void => {
  server.registerTool(
    'test_sampling',
    { description: 'Fixture: asks the client for a completion', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const answer = await mcpReq.requestSampling({
        messages: [{ role: 'user', content: text(prompt) }],
        maxTokens: 100,
      });
      return { content: [text(`LLM response: ${JSON.stringify(answer.content)}`)] };
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Fixture: asks the user', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) => {
      const { action, content } = await mcpReq.elicitInput({
        message,
        requestedSchema: {
          type: 'object',
          properties: {
            username: { type: 'string', description: "User's response" },
            email: { type: 'string', description: "User's email address" },
          },
          required: ['username', 'email'],
        },
      });
      return { content: [text(`User response: action=${action}, content=${JSON.stringify(content ?? {})}`)] };
    },
  );
  for (const [name, properties] of Object.entries(forms))
    server.registerTool(name, { description: `Fixture: ${name}`, inputSchema: z.object({}) }, async (_, { mcpReq }) => {
      const { action, content } = await mcpReq.elicitInput({
        message: 'Please fill in the form',
        requestedSchema: { type: 'object', properties: { ...properties } },
      });
      return {
        content: [text(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`)],
      };
    });
};
