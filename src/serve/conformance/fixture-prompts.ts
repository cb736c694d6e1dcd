// Prompts and resources that the official conformance suite reads.
import { completable, type McpServer, ResourceTemplate } from '../protocol/sdk.ts';
import { z } from '../zod.ts';
import { image, PNG, text } from './media.ts';

const user = 'user' as const;
const WORDS = ['paris', 'park', 'party'];
const twoWords = z.object({
  arg1: completable(z.string().describe('First test argument'), (typed) =>
    WORDS.filter((word) => word.startsWith(typed)),
  ),
  arg2: z.string().describe('Second test argument'),
});

export const offerFixturePrompts = (server: McpServer): void => {
  server.registerPrompt('test_simple_prompt', { description: 'Fixture: no arguments' }, () => ({
    messages: [{ role: user, content: text('This is a simple prompt for testing.') }],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Fixture: two arguments', argsSchema: twoWords },
    ({ arg1, arg2 }) => ({
      messages: [{ role: user, content: text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`) }],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Fixture: a resource in a prompt', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        {
          role: user,
          content: {
            type: 'resource',
            resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
          },
        },
        { role: user, content: text('Please process the embedded resource above.') },
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Fixture: an image in a prompt' }, () => ({
    messages: [
      { role: user, content: image },
      { role: user, content: text('Please analyze the image above.') },
    ],
  }));
};

export const offerFixtureResources = (server: McpServer): void => {
  const plain = { description: 'Fixture', mimeType: 'text/plain' };
  server.registerResource('static-text', 'test://static-text', plain, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }));
  server.registerResource('watched', 'test://watched-resource', plain, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'text/plain', text: 'watched' }],
  }));
  const binary = { description: 'Fixture', mimeType: 'image/png' };
  server.registerResource('static-binary', 'test://static-binary', binary, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'image/png', blob: PNG }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  const json = { description: 'Fixture', mimeType: 'application/json' };
  server.registerResource('template', template, json, ({ href }, { id }) => ({
    contents: [
      {
        uri: href,
        mimeType: 'application/json',
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
      },
    ],
  }));
};
